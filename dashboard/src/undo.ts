/** Deletions with a way back: what is deleted is hidden at once, and the server is told when the time for an undo is over. */
import { useCallback, useSyncExternalStore } from 'react'
import { type Addressed, addressOf, call, type Input, type OperationName } from './api.ts'
import { messageOf } from './messages.ts'
import { queryClient } from './queries.ts'
import { say } from './ui/toasts.tsx'

interface Pending {
  name: OperationName
  input: unknown
  stale: readonly OperationName[]
  timer: ReturnType<typeof setTimeout>
}

const undoMs = 6_000
const pending = new Map<string, Pending>()
let hidden: ReadonlySet<string> = new Set()
const listeners = new Set<() => void>()

function tell(): void {
  hidden = new Set(pending.keys())
  for (const listener of listeners) listener()
}

async function finish(id: string): Promise<void> {
  const found = pending.get(id)
  if (!found) return
  try {
    await call(found.name, found.input as Input<OperationName>)
  } catch (error) {
    say(messageOf(error), { isBad: true })
  }
  await Promise.all(found.stale.map((name) => queryClient.invalidateQueries({ queryKey: [name] })))
  pending.delete(id)
  tell()
}

// Whoever closes the page has not taken it back.
addEventListener('pagehide', () => {
  for (const { name, input } of pending.values())
    void fetch(addressOf(name, input as Addressed), { method: 'DELETE', keepalive: true })
})

/** `isHidden(id)`: it is about to be deleted. `remove` deletes the thing of that id by an operation that takes no body. */
export function useUndoable<Name extends OperationName>(name: Name, stale: readonly OperationName[]) {
  const ids = useSyncExternalStore(subscribe, () => hidden)
  const remove = useCallback(
    (id: string, input: Input<Name>, text: string) => {
      clearTimeout(pending.get(id)?.timer)
      pending.set(id, { name, input, stale, timer: setTimeout(() => void finish(id), undoMs) })
      tell()
      say(text, {
        undo() {
          clearTimeout(pending.get(id)?.timer)
          pending.delete(id)
          tell()
        },
      })
    },
    [name, stale],
  )
  return { isHidden: (id: string) => ids.has(id), remove }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
