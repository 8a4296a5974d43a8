/** Form fields with their label, hint and what is wrong with them, tied together for screen readers. */
import { type ComponentProps, type ReactNode, useId } from 'react'
import { classes } from './classes.ts'

const box =
  'w-full rounded-lg border border-edge bg-paper px-3 text-ink placeholder:text-soft aria-invalid:border-bad disabled:opacity-60'

interface FieldProps {
  label: string
  hint?: ReactNode | undefined
  error?: string | undefined
  className?: string | undefined
  /** The label is read out but not seen. */
  isLabelHidden?: boolean | undefined
}

interface Ties {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

function Field(props: FieldProps & { children: (ties: Ties) => ReactNode }) {
  const { label, hint, error, className, isLabelHidden, children } = props
  const id = useId()
  const told = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ')
  return (
    <div className={classes('grid gap-1.5', className)}>
      <label htmlFor={id} className={isLabelHidden ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      {children({ id, 'aria-describedby': told || undefined, 'aria-invalid': error ? true : undefined })}
      {error && (
        <p id={`${id}-error`} className="text-sm text-bad">
          {error}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-soft">
          {hint}
        </p>
      )}
    </div>
  )
}

/** What the field says, and what its input takes. */
function apart<Props extends FieldProps>({ label, hint, error, className, isLabelHidden, ...input }: Props) {
  return { field: { label, hint, error, className, isLabelHidden }, input }
}

export function TextField(props: FieldProps & Omit<ComponentProps<'input'>, 'className'>) {
  const { field, input } = apart(props)
  return (
    <Field {...field}>{(ties) => <input type="text" {...ties} {...input} className={classes(box, 'h-10')} />}</Field>
  )
}

export function TextArea(props: FieldProps & Omit<ComponentProps<'textarea'>, 'className'>) {
  const { field, input } = apart(props)
  return (
    <Field {...field}>{(ties) => <textarea rows={4} {...ties} {...input} className={classes(box, 'py-2')} />}</Field>
  )
}

export function SelectField(props: FieldProps & Omit<ComponentProps<'select'>, 'className'>) {
  const { field, input } = apart(props)
  return <Field {...field}>{(ties) => <select {...ties} {...input} className={classes(box, 'h-10')} />}</Field>
}

/** A choice of yes or no that holds at once or with the form. */
export function Check({ label, hint, ...input }: { label: string; hint?: string } & ComponentProps<'input'>) {
  const id = useId()
  return (
    <div className="flex items-start gap-3">
      <input
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        {...input}
        className="mt-1 size-4 accent-accent"
      />
      <div>
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-sm text-soft">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
