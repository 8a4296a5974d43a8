/** Whether what was found answers a question, and the scores that say so. */
import type { Found } from '@mevichat/protocol/knowledge.ts'
import type { ReactNode } from 'react'
import { Badge } from '../ui/badge.tsx'
import { words } from './words.ts'

const score = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })

export function Verdict({
  verdict,
  thresholds: { low, high },
  children,
}: Pick<Found, 'verdict' | 'thresholds'> & { children?: ReactNode }) {
  const [sentence, tone] = words.search.verdicts[verdict]
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <Badge tone={tone}>{sentence}</Badge>
      <span className="text-soft">
        {words.search.thresholds(score.format(low), score.format(high))} {children}
      </span>
    </p>
  )
}

export function Scores(found: { score: number; cosine: number; lexical: number }) {
  return (
    <p className="mt-1 text-xs text-soft">
      {words.search.by(score.format(found.score), score.format(found.cosine), score.format(found.lexical))}
    </p>
  )
}
