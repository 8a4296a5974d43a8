/** Operations as queries and changes, in TanStack Query's terms. */
import { QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { ApiError, call, callTagged, type Input, type OperationName, type Output, type Tagged } from './api.ts'
import { messageOf } from './messages.ts'
import { say } from './ui/toasts.tsx'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (tries, error) => tries < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
    },
  },
})

interface Options<Answer> {
  isEnabled?: boolean
  /** Asks again so often while it stands on the screen; of what was found last it may depend whether. */
  refetchMs?: number | false | ((found: Answer | undefined) => number | false | undefined)
}

/** What an operation answers, kept under its name and what it was asked with. */
export function useRead<Name extends OperationName>(
  name: Name,
  input: Input<Name>,
  { isEnabled = true, refetchMs = false }: Options<Output<Name>> = {},
) {
  return useQuery({
    queryKey: [name, input],
    queryFn: async ({ signal }) => (await callTagged(name, input, signal)).data,
    enabled: isEnabled,
    refetchInterval: typeof refetchMs === 'function' ? (query) => refetchMs(query.state.data) : refetchMs,
  })
}

/** As `useRead`, with the ETag that a change of it needs. */
export function useTagged<Name extends OperationName>(
  name: Name,
  input: Input<Name>,
  { isEnabled = true }: { isEnabled?: boolean } = {},
) {
  return useQuery({
    queryKey: [name, input, 'tagged'],
    queryFn: ({ signal }) => callTagged(name, input, signal),
    enabled: isEnabled,
  })
}

/** The ETag of what `useTagged` has read last. */
export function etagOf<Name extends OperationName>(name: Name, input: Input<Name>): string {
  return queryClient.getQueryData<Tagged<Output<Name>>>([name, input, 'tagged'])?.etag ?? ''
}

/** Page after page of a list, by `next_cursor`. */
export function usePages<Name extends OperationName>(name: Name, input: Input<Name>) {
  return useInfiniteQuery({
    queryKey: [name, input, 'pages'],
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...(input.query as object | undefined), ...(pageParam && { cursor: pageParam }) }
      return (await callTagged(name, { ...input, query } as Input<Name>, signal)).data
    },
    initialPageParam: '',
    getNextPageParam: (page: Output<Name>) => (page as { next_cursor?: string | null } | null)?.next_cursor,
  })
}

interface ChangeOptions<Name extends OperationName> {
  /** The operations whose answers are old once it is done. */
  stale?: OperationName[]
  onDone?: (answer: Output<Name>) => void
  /** A refusal is said at the foot of the window, unless the place says it itself. */
  isQuiet?: boolean
}

export function useChange<Name extends OperationName>(
  name: Name,
  { stale = [], onDone, isQuiet = false }: ChangeOptions<Name> = {},
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (input: Input<Name>) => call(name, input),
    onSuccess: (answer) => onDone?.(answer),
    onError: (error) => {
      if (!isQuiet) say(messageOf(error), { isBad: true })
    },
    onSettled: () => Promise.all(stale.map((one) => client.invalidateQueries({ queryKey: [one] }))),
  })
}

/**
 * A choice that is shown at once, while it is being saved. If that is refused, that is said and what stands comes back.
 * Of choices that are made meanwhile the last one is saved next.
 */
export function useSetting<Value>(
  standing: Value,
  save: (value: Value) => Promise<unknown>,
): [shown: Value, choose: (value: Value) => void] {
  const [wish, setWish] = useState<{ value: Value } | null>(null)
  const next = useRef<{ value: Value } | null>(null)
  const isSaving = useRef(false)

  async function choose(value: Value): Promise<void> {
    next.current = { value }
    setWish(next.current)
    if (isSaving.current) return
    isSaving.current = true
    while (next.current) {
      const { value: chosen } = next.current
      next.current = null
      await save(chosen).catch((error: unknown) => say(messageOf(error), { isBad: true }))
    }
    isSaving.current = false
    setWish(null)
  }

  return [wish ? wish.value : standing, (value) => void choose(value)]
}
