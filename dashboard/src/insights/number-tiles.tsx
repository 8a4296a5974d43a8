/** The five figures of a time, each a way to what stands behind it. */
import type { Insights } from '@mevichat/protocol/insights.ts'
import { Link, type LinkProps } from '@tanstack/react-router'
import { NumberTile } from './number-tile.tsx'
import { words } from './words.ts'

const shown = ['conversations', 'messages', 'answered', 'unanswered', 'helpful'] as const

interface NumberTilesProps extends Pick<Insights, 'total' | 'before'> {
  linkOf: (name: (typeof shown)[number]) => LinkProps
}

export function NumberTiles({ total, before, linkOf }: NumberTilesProps) {
  return (
    <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-5">
      {shown.map((name) => (
        <li key={name}>
          <Link {...linkOf(name)} className="block h-full">
            <NumberTile
              label={words.numbers[name]}
              value={total[name]}
              before={before[name]}
              isGood={name !== 'unanswered'}
            />
          </Link>
        </li>
      ))}
    </ul>
  )
}
