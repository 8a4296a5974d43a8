/** What is typed and does not save itself: whoever is about to lose it is asked first. */
import { useBlocker } from '@tanstack/react-router'
import { words } from '../words.ts'

/** Asks before the place or the page is left. */
export function useUnsaved(isUnsaved: boolean): void {
  useBlocker({ shouldBlockFn: () => !mayDrop(isUnsaved), enableBeforeUnload: isUnsaved, disabled: !isUnsaved })
}

export function mayDrop(isUnsaved: boolean): boolean {
  return !isUnsaved || confirm(words.unsaved)
}
