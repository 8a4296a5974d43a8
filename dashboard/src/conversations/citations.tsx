/** What an answer rests on: sources with the sentence that bears them out. */
import type { Citation } from '@mevichat/protocol/chat.ts'
import { ExternalLink } from 'lucide-react'
import { words } from './words.ts'

export function Citations({ citations }: { citations: readonly Citation[] }) {
  if (citations.length === 0) return null
  return (
    <div className="mt-3 border-line border-t pt-2">
      <p className="text-xs font-medium text-soft">{words.sources}</p>
      <ol className="mt-1 grid gap-1.5">
        {citations.map(({ index, title, url, quote }) => (
          <li key={index} className="text-sm">
            <span className="text-soft">[{index}]</span>{' '}
            {url && /^https?:\/\/|^\//.test(url) ? (
              <a href={url} target="_blank" rel="noreferrer" className="text-accent underline underline-offset-2">
                {title} <ExternalLink className="inline size-3" aria-hidden />
              </a>
            ) : (
              title
            )}
            <q className="mt-0.5 block text-soft">{quote}</q>
          </li>
        ))}
      </ol>
    </div>
  )
}

/** An answer without the numbers of its sources. */
export function withoutNumbers(answer: string): string {
  return answer.replace(/ ?\[\d{1,2}\]/g, '')
}
