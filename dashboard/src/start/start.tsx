/** The first five minutes begin here: one field for the owner's web address. */
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, NotebookText, Sparkles } from 'lucide-react'
import { useEffect, useState } from 'react'
import { call, type Input } from '../api.ts'
import { understand } from '../knowledge/understand.ts'
import { messageOf } from '../messages.ts'
import { queryClient } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { TextArea, TextField } from '../ui/field.tsx'
import { sampleText, words } from './words.ts'

const route = getRouteApi('/$workspaceId/start')

type NewBot = Input<'createBot'>['body']
type NewSource = Input<'addSource'>['body']

export function Start() {
  const { workspaceId } = route.useParams()
  const navigate = useNavigate()
  const [entry, setEntry] = useState('')
  const [isText, setIsText] = useState(false)
  const [isBusy, setIsBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    document.title = `${words.title} · Mevichat`
  }, [])

  async function make(bot: NewBot, source: NewSource) {
    const made = await call('createBot', { params: { workspaceId }, body: bot })
    const params = { workspaceId, botId: made.id }
    await call('addSource', { params, body: source })
    await queryClient.invalidateQueries({ queryKey: ['listBots'] })
    await navigate({ to: '/$workspaceId/$botId/welcome', params })
  }

  async function begin(what: () => Promise<void>) {
    setIsBusy(true)
    setProblem(undefined)
    try {
      await what()
    } catch (error) {
      setProblem(messageOf(error))
    } finally {
      setIsBusy(false)
    }
  }

  const fromText = (name: string, content: string) => make({ name }, { kind: 'markdown', content })

  async function fromAddress() {
    const understood = understand(entry)
    if (!understood) return
    if (understood.kind === 'text') return fromText(words.botName, understood.content)
    const look = await call('lookAtSite', { params: { workspaceId }, body: { url: understood.url } })
    const bot: NewBot = {
      name: look.name,
      locale: look.language,
      ...(look.accent && { theme: { accent: look.accent } }),
    }
    await make(bot, {
      kind: understood.kind === 'sitemap' ? 'sitemap' : 'website',
      url: understood.kind === 'sitemap' ? understood.url : look.url,
    })
  }

  return (
    <main className="grid min-h-full place-items-center px-4 py-12">
      <div className="w-full max-w-xl">
        <Link
          to="/$workspaceId"
          params={{ workspaceId }}
          className="mb-6 inline-flex items-center gap-1.5 text-soft hover:text-ink"
        >
          <ArrowLeft className="size-4" aria-hidden />
          {words.back}
        </Link>
        <img src="/favicon.svg" alt="" width="44" height="44" className="mb-5" />
        <h1 className="text-3xl font-semibold tracking-tight">{words.title}</h1>
        <p className="mt-2 text-lg text-soft">{words.about}</p>
        <form
          className="mt-8 grid gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            void begin(fromAddress)
          }}
        >
          {isText ? (
            <TextArea
              label={words.textLabel}
              rows={8}
              autoFocus
              value={entry}
              error={problem}
              onChange={(event) => setEntry(event.target.value)}
            />
          ) : (
            <TextField
              label={words.address}
              inputMode="url"
              autoCapitalize="none"
              autoFocus
              placeholder={words.placeholder}
              value={entry}
              error={problem}
              onChange={(event) => setEntry(event.target.value)}
            />
          )}
          <Button kind="main" type="submit" isBusy={isBusy} disabled={entry.trim() === ''} className="h-12 text-base">
            {isBusy ? words.looking : words.begin}
          </Button>
        </form>
        <p className="my-5 text-center text-sm text-soft">{words.or}</p>
        <div className="grid gap-2 sm:grid-cols-2">
          <Button
            onClick={() => {
              setIsText(!isText)
              setProblem(undefined)
            }}
          >
            <NotebookText aria-hidden />
            {isText ? words.address : words.text}
          </Button>
          <Button disabled={isBusy} onClick={() => void begin(() => fromText(words.sampleName, sampleText))}>
            <Sparkles aria-hidden />
            {words.sample}
          </Button>
        </div>
      </div>
    </main>
  )
}
