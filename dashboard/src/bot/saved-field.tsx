/** Fields that save what was typed when one leaves them, and say so. */
import { type ComponentProps, useEffect, useState } from 'react'
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
  return {
    value: typed,
    onChange: ({ target }: { target: { value: string } }) => setTyped(target.value),
    onBlur() {
      if (typed !== (value ?? '')) onSave(typed.trim() === '' ? null : typed)
    },
  }
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
