import { cva, type VariantProps } from 'class-variance-authority'
import { LoaderCircle } from 'lucide-react'
import { Slot } from 'radix-ui'
import type { ComponentProps } from 'react'
import { classes } from './classes.ts'

const look = cva(
  'inline-flex shrink-0 items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      kind: {
        main: 'bg-accent text-on-accent hover:bg-accent/88',
        plain: 'border border-line bg-paper text-ink hover:bg-raised',
        quiet: 'text-ink hover:bg-raised',
        danger: 'border border-bad/40 bg-paper text-bad hover:bg-bad-tint',
      },
      size: { small: 'h-8 px-2.5 text-sm', normal: 'h-10 px-4', icon: 'size-9' },
    },
    defaultVariants: { kind: 'plain', size: 'normal' },
  },
)

export interface ButtonProps extends ComponentProps<'button'>, VariantProps<typeof look> {
  /** Renders its only child, such as a link, in the look of a button. */
  asChild?: boolean
  /** Under way: it shows so and cannot be pressed again. */
  isBusy?: boolean
}

export function Button({ kind, size, asChild, isBusy = false, className, children, ...props }: ButtonProps) {
  if (asChild) {
    return (
      <Slot.Root className={classes(look({ kind, size }), className)} {...props}>
        {children}
      </Slot.Root>
    )
  }
  return (
    <button
      type="button"
      {...props}
      className={classes(look({ kind, size }), className)}
      disabled={props.disabled || isBusy}
      aria-busy={isBusy || undefined}
    >
      {isBusy && <LoaderCircle aria-hidden className="animate-spin" />}
      {children}
    </button>
  )
}
