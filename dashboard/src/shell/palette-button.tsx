/** The way to everything: a button, and Ctrl or Cmd with K. What it opens is loaded then. */
import { Search } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { words } from './words.ts'

const Palette = lazy(() => import('./palette.tsx'))

interface PaletteButtonProps {
  workspaceId: string
  botId: string | undefined
  /** When somewhere has been gone to. */
  onGo: () => void
}

export function PaletteButton(props: PaletteButtonProps) {
  const [isOpen, setIsOpen] = useState(false)
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      event.preventDefault()
      setIsOpen((was) => !was)
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  return (
    <>
      <button
        type="button"
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => setIsOpen(true)}
        className="flex w-full items-center gap-3 rounded-lg border border-line bg-paper px-3 py-2 text-left text-soft hover:border-edge"
      >
        <Search className="size-4 shrink-0" aria-hidden />
        <span className="grow">{words.commands}</span>
        <kbd aria-hidden className="rounded border border-line px-1.5 font-sans text-xs">
          {/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘ K' : 'Ctrl K'}
        </kbd>
      </button>
      {isOpen && (
        <Suspense>
          <Palette {...props} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
