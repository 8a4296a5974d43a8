/** One's own tokens for scripts. */
import { getRouteApi } from '@tanstack/react-router'
import { Plus, Terminal } from 'lucide-react'
import { useState } from 'react'
import { showAgo } from '../dates.ts'
import { useChange, useRead } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { CodeBlock } from '../ui/code-block.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { words as common } from '../words.ts'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/settings')
const said = words.workspace

export function Tokens() {
  const params = route.useParams()
  const query = useRead('listPersonalTokens', { params })
  const [isAdding, setIsAdding] = useState(false)
  const revoke = useChange('revokePersonalToken', { stale: ['listPersonalTokens'] })
  const add = (
    <Button kind="main" onClick={() => setIsAdding(true)}>
      <Plus aria-hidden />
      {said.addToken}
    </Button>
  )
  return (
    <div className="grid gap-4">
      <Loaded query={query}>
        {({ personal_tokens: tokens }) =>
          tokens.length === 0 ? (
            <Empty icon={Terminal} title={said.noTokens} action={add}>
              {said.tokens}
            </Empty>
          ) : (
            <>
              <div className="flex flex-wrap items-center justify-between gap-3">
                <p className="max-w-xl text-soft">{said.tokens}</p>
                {add}
              </div>
              <ul className="divide-y divide-line rounded-xl border border-line">
                {tokens.map(({ id, name, last_four, last_used_at }) => (
                  <li key={id} className="flex flex-wrap items-center gap-3 px-4 py-3">
                    <span className="min-w-40 grow">
                      <span className="font-medium">{name}</span>
                      <span className="block text-sm text-soft">
                        …{last_four}
                        {last_used_at && ` · ${showAgo(last_used_at)}`}
                      </span>
                    </span>
                    <Button
                      size="small"
                      kind="danger"
                      onClick={() => revoke.mutate({ params: { ...params, tokenId: id } })}
                    >
                      {said.revoke}
                    </Button>
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
      {isAdding && <AddToken onClose={() => setIsAdding(false)} />}
    </div>
  )
}

function AddToken({ onClose }: { onClose: () => void }) {
  const params = route.useParams()
  const [name, setName] = useState('')
  const create = useChange('createPersonalToken', { stale: ['listPersonalTokens'] })
  return (
    <Dialog title={said.addToken} about={create.data ? said.tokenOnce : said.tokens} isOpen onClose={onClose}>
      {create.data ? (
        <div className="grid gap-4">
          <CodeBlock label={said.addToken} code={create.data.token} />
          <Button kind="main" className="justify-self-end" onClick={onClose}>
            {said.done}
          </Button>
        </div>
      ) : (
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            create.mutate({ params, body: { name } })
          }}
        >
          <TextField
            label={said.tokenName}
            required
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{common.cancel}</Button>
            <Button kind="main" type="submit" isBusy={create.isPending} disabled={name.trim() === ''}>
              {said.addToken}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  )
}
