/** The one box that takes an address, a sitemap, a text or files, and says what it understood. */
import { FileUp, Globe, type LucideIcon, Map as MapIcon, NotebookText, StickyNote } from 'lucide-react'
import { type DragEvent, useId, useRef, useState } from 'react'
import type { Input } from '../api.ts'
import { showNumber } from '../dates.ts'
import { useChange } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { say } from '../ui/toasts.tsx'
import { useUnsaved } from '../ui/unsaved.ts'
import { type Understood, understand } from './understand.ts'
import { words } from './words.ts'

type BotParams = { workspaceId: string; botId: string }

const icons: Record<Understood['kind'], LucideIcon> = {
  website: Globe,
  sitemap: MapIcon,
  url: StickyNote,
  text: NotebookText,
}

export function AddBox({ params, onAdded }: { params: BotParams; onAdded?: (sourceId: string) => void }) {
  const [entry, setEntry] = useState('')
  const [kind, setKind] = useState<'website' | 'url' | null>(null)
  const [isOver, setIsOver] = useState(false)
  const files = useRef<HTMLInputElement>(null)
  const id = useId()
  const found = understand(entry)
  const understood = found && kind && found.kind !== 'text' && found.kind !== 'sitemap' ? { ...found, kind } : found

  const add = useChange('addSource', {
    stale: ['listSources'],
    onDone(source) {
      setEntry('')
      setKind(null)
      say(words.add.added)
      onAdded?.(source.id)
    },
  })
  const upload = useUpload(params)
  useUnsaved(understood?.kind === 'text')

  function submit() {
    if (!understood) return
    const body: Input<'addSource'>['body'] =
      understood.kind === 'text'
        ? { kind: 'text', title: understood.title, content: understood.content }
        : { kind: understood.kind, url: understood.url }
    add.mutate({ params, body })
  }

  function drop(event: DragEvent) {
    event.preventDefault()
    setIsOver(false)
    upload.send([...event.dataTransfer.files])
  }

  return (
    <form
      aria-label={words.add.label}
      className={classes('relative rounded-xl border border-edge bg-paper', isOver && 'border-accent bg-tint')}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
      onDragOver={(event) => {
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <label htmlFor={id} className="sr-only">
        {words.add.label}
      </label>
      <textarea
        id={id}
        value={entry}
        rows={entry.includes('\n') || entry.length > 200 ? 6 : 2}
        placeholder={words.add.placeholder}
        onChange={(event) => {
          setEntry(event.target.value)
          setKind(null)
        }}
        onKeyDown={(event) => {
          const isAlone = understood?.kind !== 'text' && !event.shiftKey
          if (event.key === 'Enter' && (isAlone || event.metaKey || event.ctrlKey)) {
            event.preventDefault()
            submit()
          }
        }}
        className="block w-full resize-none rounded-t-xl bg-transparent px-4 pt-4 pb-2 placeholder:text-soft"
      />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 pb-3">
        <div className="min-w-0 grow px-1 text-sm text-soft" aria-live="polite">
          {understood ? <Understanding understood={understood} onKind={setKind} /> : words.add.fileTypes}
        </div>
        <input
          ref={files}
          type="file"
          multiple
          hidden
          accept=".pdf,.docx,.md,.markdown,.txt,.html,.htm,.csv,.json,.jsonl"
          onChange={(event) => {
            upload.send([...(event.target.files ?? [])])
            event.target.value = ''
          }}
        />
        <Button isBusy={upload.isBusy} onClick={() => files.current?.click()}>
          <FileUp aria-hidden />
          {upload.isBusy ? words.add.uploading(upload.count) : words.add.files}
        </Button>
        <Button kind="main" type="submit" disabled={!understood} isBusy={add.isPending}>
          {understood?.kind === 'text' ? words.add.addText : words.add.addOther}
        </Button>
      </div>
    </form>
  )
}

function Understanding({ understood, onKind }: { understood: Understood; onKind: (kind: 'website' | 'url') => void }) {
  const Icon = icons[understood.kind]
  const said =
    understood.kind === 'text'
      ? words.add.text(showNumber(understood.content.length))
      : words.add[understood.kind](understood.host)
  const other = understood.kind === 'url' ? 'website' : understood.kind === 'website' ? 'url' : null
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span className="flex items-center gap-2 text-ink">
        <Icon className="size-4 shrink-0 text-accent" aria-hidden />
        {said}
      </span>
      {other && (
        <button type="button" className="text-accent underline underline-offset-2" onClick={() => onKind(other)}>
          {other === 'website' ? words.add.wholeSite : words.add.onePage}
        </button>
      )}
    </span>
  )
}

/** Says of each file that was not taken why. */
function useUpload(params: BotParams) {
  const [count, setCount] = useState(0)
  const upload = useChange('uploadFiles', {
    stale: ['listSources'],
    onDone({ files }) {
      const refused = files.flatMap((file) => ('error' in file ? [`${file.name}: ${file.detail}`] : []))
      for (const line of refused) say(line, { isBad: true })
      if (files.length > refused.length) say(words.add.uploaded(files.length - refused.length))
    },
  })
  return {
    count,
    isBusy: upload.isPending,
    send(files: File[]) {
      if (files.length === 0) return
      setCount(files.length)
      const form = new FormData()
      for (const file of files) form.append('files', file, file.name)
      upload.mutate({ params, body: form })
    },
  }
}
