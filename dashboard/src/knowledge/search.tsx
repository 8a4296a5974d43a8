/** What a question would find, and why. */
import type { Found } from '@mevichat/protocol/knowledge.ts'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Search as SearchIcon } from 'lucide-react'
import { useState } from 'react'
import { useRead } from '../queries.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { Scores, Verdict } from './verdict.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/knowledge/try')

export function Search() {
  const params = route.useParams()
  const { q = '' } = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/$botId/knowledge/try' })
  const [question, setQuestion] = useState(q)
  const query = useRead('searchKnowledge', { params, body: { question: q } }, { isEnabled: q !== '' })
  return (
    <div className="grid gap-5">
      <p className="max-w-2xl text-soft">{words.search.about}</p>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          void navigate({ search: { q: question.trim() } })
        }}
      >
        <TextField
          label={words.search.label}
          className="min-w-60 grow"
          value={question}
          maxLength={4_000}
          onChange={(event) => setQuestion(event.target.value)}
        />
        <Button kind="main" type="submit" disabled={question.trim() === ''} isBusy={query.isFetching}>
          <SearchIcon aria-hidden />
          {words.search.ask}
        </Button>
      </form>
      {q !== '' && <Loaded query={query}>{(found) => <Result found={found} />}</Loaded>}
    </div>
  )
}

export function Result({ found }: { found: Found }) {
  if (found.passages.length === 0) {
    return (
      <Empty icon={SearchIcon} title={words.search.nothing}>
        {words.search.nothingAbout}
      </Empty>
    )
  }
  return (
    <section aria-live="polite" className="grid gap-3">
      <Verdict verdict={found.verdict} thresholds={found.thresholds}>
        {found.ms} ms
      </Verdict>
      {found.is_by_words_alone && <p className="text-sm text-warn">{words.search.byWordsAlone}</p>}
      <ol className="grid gap-2">
        {found.passages.map((passage) => (
          <li key={passage.id} className="rounded-xl border border-line p-4">
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <span className="min-w-0 truncate font-medium">
                {[passage.title, ...passage.headings].filter(Boolean).join(' › ')}
              </span>
              <Badge tone={passage.left_out || found.verdict === 'unknown' ? 'plain' : 'good'}>
                {passage.left_out
                  ? words.search.leftOut[passage.left_out]
                  : found.verdict === 'unknown'
                    ? words.search.tooWeak
                    : words.search.given}
              </Badge>
            </p>
            <Scores {...passage} />
            <p className="mt-2 line-clamp-4 text-sm whitespace-pre-wrap">{passage.text}</p>
          </li>
        ))}
      </ol>
    </section>
  )
}
