import type { Action } from '@mevichat/protocol/roles.ts'
import type { ReactNode } from 'react'
import { useMay } from './use-may.ts'
import { words } from './words.ts'

/** What only some roles may change: for others its fields and buttons are off, and it says so. */
export function Editable({ action, children }: { action: Action; children: ReactNode }) {
  const isAllowed = useMay()(action)
  return (
    <>
      {!isAllowed && <p className="rounded-lg bg-raised px-4 py-2.5 text-soft">{words.readOnly}</p>}
      <fieldset disabled={!isAllowed} className="contents">
        {children}
      </fieldset>
    </>
  )
}
