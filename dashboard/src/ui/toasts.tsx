/** Short notes at the foot of the window: what was done, with a way back where there is one. */
import { X } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { classes } from './classes.ts'

interface Toast {
  id: number
  text: string
  isBad: boolean
  undo: (() => void) | undefined
}

let toasts: readonly Toast[] = []
let nextId = 1
const listeners = new Set<() => void>()

function set(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

export function say(text: string, { isBad = false, undo }: { isBad?: boolean; undo?: () => void } = {}): void {
  set([...toasts.slice(-2), { id: nextId++, text, isBad, undo }])
}

function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <div role="status" className="pointer-events-none fixed inset-x-4 bottom-4 z-60 grid justify-items-center gap-2">
      {shown.map((toast) => (
        <Note key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

const shownMs = 7_000

function Note({ toast: { id, text, isBad, undo } }: { toast: Toast }) {
  useEffect(() => {
    const timer = setTimeout(dismiss, shownMs, id)
    return () => clearTimeout(timer)
  }, [id])
  return (
    <div
      className={classes(
        'pointer-events-auto flex max-w-xl items-center gap-3 rounded-xl border border-line bg-raised py-2 pr-2 pl-4 shadow-float',
        isBad && 'border-bad/50',
      )}
    >
      <p className={classes('min-w-0', isBad && 'text-bad')}>{text}</p>
      {undo && (
        <Button
          size="small"
          onClick={() => {
            undo()
            dismiss(id)
          }}
        >
          {words.undo}
        </Button>
      )}
      <Button kind="quiet" size="icon" aria-label={words.close} onClick={() => dismiss(id)}>
        <X aria-hidden />
      </Button>
    </div>
  )
}
