/** Through the list of conversations by keyboard. */
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent as ReactKeyboardEvent, type RefObject, useEffect } from 'react'

/** The arrow keys go from one conversation to the next. */
export function moveFocus(event: ReactKeyboardEvent<HTMLButtonElement>) {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  const rows = [...(event.currentTarget.closest('ul')?.querySelectorAll('button') ?? [])]
  const next = rows[rows.indexOf(event.currentTarget) + step]
  if (!next) return
  event.preventDefault()
  next.focus()
}

/** Escape leads from the conversation back to its row in the list. */
export function useEscape(openId: string | undefined, backTo: RefObject<string | undefined>) {
  const navigate = useNavigate({ from: '/$workspaceId/$botId/conversations' })
  useEffect(() => {
    if (openId === undefined) return
    function leave(event: KeyboardEvent) {
      if (event.key !== 'Escape' || event.defaultPrevented || event.target instanceof HTMLInputElement) return
      backTo.current = openId
      void navigate({
        to: '/$workspaceId/$botId/conversations',
        params: (before) => before,
        search: (before) => before,
      })
    }
    addEventListener('keydown', leave)
    return () => removeEventListener('keydown', leave)
  }, [openId, backTo, navigate])
}
