import { Switch as Radix } from 'radix-ui'

export function Switch({ label, ...props }: { label: string } & Radix.SwitchProps) {
  return (
    <Radix.Root
      aria-label={label}
      {...props}
      className="relative h-6 w-11 shrink-0 rounded-full bg-edge transition-colors data-[state=checked]:bg-accent disabled:opacity-55"
    >
      <Radix.Thumb className="block size-5 translate-x-0.5 rounded-full bg-white transition-transform data-[state=checked]:translate-x-5.5" />
    </Radix.Root>
  )
}
