/** What a place shows while it has nothing to show: not yet, nothing there, or something went wrong. */
import { useQueryClient } from '@tanstack/react-query'
import { CircleAlert } from 'lucide-react'
import type { ComponentType, ReactNode } from 'react'
import { ApiError } from '../api.ts'
import { messageOf } from '../messages.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { classes } from './classes.ts'

/** Grey lines where rows will stand. */
export function Skeleton({ rows = 4, className }: { rows?: number; className?: string }) {
  return (
    <div role="status" className={classes('grid gap-3', className)}>
      <span className="sr-only">{words.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move
        <div key={row} aria-hidden className="h-12 animate-pulse rounded-lg bg-sunken" />
      ))}
    </div>
  )
}

export interface EmptyProps {
  icon: ComponentType<{ className?: string }>
  title: string
  children: ReactNode
  /** What to do about it. */
  action?: ReactNode
  /** It is all that the page has. */
  isWhole?: boolean
}

export function Empty({ icon: Icon, title, children, action, isWhole = false }: EmptyProps) {
  const Heading = isWhole ? 'h1' : 'h2'
  return (
    <div className="grid justify-items-center gap-2 rounded-xl border border-line border-dashed px-6 py-14 text-center">
      <Icon className="size-8 text-accent" aria-hidden />
      <Heading className="mt-1 font-semibold">{title}</Heading>
      <div className="max-w-md text-soft">{children}</div>
      {action && <div className="mt-3">{action}</div>}
    </div>
  )
}

/** Trying again asks for all that has failed on the screen: what is in words here, and what was left out without it. */
export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const client = useQueryClient()
  const mayRetry = !(error instanceof ApiError) || error.status === 0 || error.status >= 429
  return (
    <div role="alert" className="grid justify-items-center gap-2 rounded-xl bg-bad-tint px-6 py-10 text-center">
      <CircleAlert className="size-7 text-bad" aria-hidden />
      <p className="font-medium">{messageOf(error)}</p>
      {onRetry && mayRetry && (
        <Button
          className="mt-2"
          onClick={() => {
            onRetry()
            void client.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' })
          }}
        >
          {words.retry}
        </Button>
      )}
    </div>
  )
}

interface Asked<T> {
  data: T | undefined
  error: unknown
  refetch: () => unknown
}

/** Of a query: its skeleton, its failure with a way to try again, or what it found. */
export function Loaded<T>({
  query,
  rows,
  children,
}: {
  query: Asked<T>
  rows?: number
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />
  return <Skeleton {...(rows !== undefined && { rows })} />
}
