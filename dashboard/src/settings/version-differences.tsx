/** What a version says otherwise than what is live. */
import { getRouteApi } from '@tanstack/react-router'
import { useRead } from '../queries.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Loaded } from '../ui/states.tsx'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/$botId/settings')
const said = words.bot

export function VersionDifferences({ number, onClose }: { number: number; onClose: () => void }) {
  const params = route.useParams()
  const version = useRead('getVersion', { params: { ...params, number: String(number) } })
  const live = useRead('getBot', { params })
  const data = version.data && live.data && { old: version.data.settings, now: live.data.settings }
  const error = version.error ?? live.error
  const refetch = () => Promise.all([version.refetch(), live.refetch()])
  return (
    <Dialog title={said.version(number)} about={said.lookAbout(number)} isOpen onClose={onClose}>
      <Loaded query={{ data, error, refetch }}>
        {({ old, now }) => {
          const fields = (Object.keys(old) as (keyof typeof old)[]).filter(
            (field) => text(old[field]) !== text(now[field]),
          )
          if (fields.length === 0) return <p>{said.alike}</p>
          return (
            <dl className="grid gap-4">
              {fields.map((field) => (
                <div key={field} className="grid gap-1">
                  <dt className="font-medium">{said.fields[field]}</dt>
                  <dd className="rounded-lg bg-raised px-3 py-2">
                    <span className="block text-xs text-soft">{said.before}</span>
                    <span className="whitespace-pre-wrap break-words">{text(old[field])}</span>
                  </dd>
                  <dd className="rounded-lg bg-raised px-3 py-2">
                    <span className="block text-xs text-soft">{said.now}</span>
                    <span className="whitespace-pre-wrap break-words">{text(now[field])}</span>
                  </dd>
                </div>
              ))}
            </dl>
          )
        }}
      </Loaded>
    </Dialog>
  )
}

function text(value: unknown): string {
  if (value === null || value === '' || value === undefined) return said.nothing
  if (typeof value === 'boolean') return value ? said.yes : said.no
  if (Array.isArray(value)) return value.length === 0 ? said.nothing : value.map(text).join('\n')
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value)
  return entries.length === 0 ? said.nothing : entries.map(([name, one]) => `${name}: ${text(one)}`).join('\n')
}
