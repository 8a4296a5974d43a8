import { ArrowDownRight, ArrowUpRight, Minus } from 'lucide-react'
import { classes } from '../ui/classes.ts'
import { words } from './words.ts'

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 })

interface NumberTileProps {
  label: string
  shown: string
  /** Against the time before, which is as long. */
  trend?: { value: number; before: number }
  /** Whether more is better. */
  isGood?: boolean
  note?: string | undefined
}

/** A figure with how it has changed, in words and not by colour alone. */
export function NumberTile({ label, shown, trend, isGood = true, note }: NumberTileProps) {
  return (
    <div className="grid h-full content-start gap-1 rounded-xl border border-line p-4 hover:border-accent">
      <p className="text-sm text-soft">{label}</p>
      <p className="text-2xl font-semibold tabular-nums">{shown}</p>
      {trend && <Trend {...trend} isGood={isGood} />}
      {note && <p className="text-xs text-soft">{note}</p>}
    </div>
  )
}

function Trend({ value, before, isGood }: { value: number; before: number; isGood: boolean }) {
  const change = before === 0 ? null : (value - before) / before
  const isSame = change !== null && Math.abs(change) < 0.005
  const Icon = change === null || isSame ? Minus : change > 0 ? ArrowUpRight : ArrowDownRight
  const said =
    change === null
      ? words.first
      : isSame
        ? words.same
        : change > 0
          ? words.more(percent.format(change))
          : words.less(percent.format(-change))
  const isBetter = change !== null && !isSame && change > 0 === isGood
  return (
    <p
      className={classes(
        'flex items-center gap-1 text-xs',
        change === null || isSame ? 'text-soft' : isBetter ? 'text-good' : 'text-bad',
      )}
    >
      <Icon className="size-3.5" aria-hidden />
      {said}
    </p>
  )
}
