import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { classes } from './classes.ts'
import { useFocusReturn } from './focus.ts'
import { mayDrop, useUnsaved } from './unsaved.ts'

export interface DialogProps {
  title: string
  /** What it is for; read out when it opens. */
  about?: ReactNode
  isOpen: boolean
  onClose: () => void
  children: ReactNode
  /** From the right, the height of the window, for much to read. */
  isDrawer?: boolean
  /** It holds what would be lost: closing it in passing asks first. */
  isUnsaved?: boolean
}

export function Dialog({ title, about, isOpen, onClose, children, isDrawer = false, isUnsaved = false }: DialogProps) {
  const focusReturn = useFocusReturn()
  useUnsaved(isUnsaved)
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && mayDrop(isUnsaved) && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Radix.Content
          {...focusReturn}
          className={classes(
            'fixed z-50 overflow-y-auto border-line bg-paper p-6 shadow-float',
            isDrawer
              ? 'inset-y-0 right-0 w-full max-w-xl border-l'
              : 'top-1/2 left-1/2 max-h-[90dvh] w-[calc(100%-2rem)] max-w-lg -translate-x-1/2 -translate-y-1/2 rounded-xl border',
          )}
          {...(!about && { 'aria-describedby': undefined })}
        >
          <div className="mb-4 flex items-start justify-between gap-4">
            <div className="min-w-0">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {about && <Radix.Description className="mt-1 text-soft">{about}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <Button kind="quiet" size="icon" aria-label={words.close} className="-mt-1.5 -mr-2">
                <X aria-hidden />
              </Button>
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export interface ConfirmProps {
  title: string
  about: ReactNode
  /** What is done, such as "Delete the bot". */
  action: string
  isOpen: boolean
  isBusy?: boolean
  onConfirm: () => void
  onClose: () => void
}

/** Before what cannot be undone. */
export function Confirm({ title, about, action, isOpen, isBusy = false, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} about={about} isOpen={isOpen} onClose={onClose}>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{words.cancel}</Button>
        <Button kind="danger" isBusy={isBusy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  )
}
