/** Fields that save what was typed when one leaves them, and say so. */
import { type ComponentProps, useEffect, useRef, useState } from 'react'
import { TextArea, TextField } from '../ui/field.tsx'

interface SavedProps {
  value: string | null
  /** An empty field is null. */
  onSave: (value: string | null) => void
}

/** What is typed; what comes from elsewhere meanwhile takes its place where nothing was typed. */
function useTyped({ value, onSave }: SavedProps) {
  const [typed, setTyped] = useState(value ?? '')
  useEffect(() => setTyped(value ?? ''), [value])
  const isUnsaved = typed !== (value ?? '')
  const sent = useRef<string | null>(null)
  function save() {
    if (!isUnsaved) return
    sent.current = typed
    onSave(typed.trim() === '' ? null : typed)
  }
  useLeaving(isUnsaved, () => {
    if (typed !== sent.current) save()
  })
  return {
    value: typed,
    onChange: ({ target }: { target: { value: string } }) => setTyped(target.value),
    onBlur: save,
  }
}

/** Going to another place saves as leaving the field does; closing the page asks, since nothing can be saved then. */
function useLeaving(isUnsaved: boolean, save: () => void): void {
  const latest = useRef(save)
  useEffect(() => {
    latest.current = save
  })
  useEffect(() => () => latest.current(), [])
  useEffect(() => {
    if (!isUnsaved) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isUnsaved])
}

export function SavedText({
  value,
  onSave,
  ...props
}: SavedProps & Omit<ComponentProps<typeof TextField>, 'value' | 'onChange' | 'onBlur'>) {
  return <TextField {...props} {...useTyped({ value, onSave })} />
}

export function SavedArea({
  value,
  onSave,
  ...props
}: SavedProps & Omit<ComponentProps<typeof TextArea>, 'value' | 'onChange' | 'onBlur'>) {
  return <TextArea {...props} {...useTyped({ value, onSave })} />
}
