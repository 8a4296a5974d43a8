/** What the workspace pays for the tokens of its models. */
import type { PriceAnswer } from '@mevichat/protocol/prices.ts'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Coins, Plus } from 'lucide-react'
import { useState } from 'react'
import { showPrice } from '../dates.ts'
import { messageOf } from '../messages.ts'
import { useChange, useRead, useTagged } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { useUndoable } from '../undo.ts'
import { words as common } from '../words.ts'
import { words } from './words.ts'

const route = getRouteApi('/$workspaceId/settings/prices')
const said = words.workspace.prices
const stale = ['listPrices', 'getPrice', 'getInsights', 'getConversation'] as const

export function Prices() {
  const params = route.useParams()
  const { model } = route.useSearch()
  const navigate = useNavigate({ from: '/$workspaceId/settings/prices' })
  const query = useRead('listPrices', { params })
  const { isHidden, remove } = useUndoable('removePrice', stale)
  const open = (of: string | undefined) => void navigate({ search: of === undefined ? {} : { model: of } })
  const add = (
    <Button kind="main" onClick={() => open('')}>
      <Plus aria-hidden />
      {said.add}
    </Button>
  )
  return (
    <Loaded query={query}>
      {({ prices }) => {
        const shown = prices.filter(({ id }) => !isHidden(id))
        const opened = shown.find((price) => price.model === model)
        return (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
            {shown.length === 0 ? (
              <Empty icon={Coins} title={said.none} action={add}>
                {said.noneAbout}
              </Empty>
            ) : (
              <>
                <div className="flex flex-wrap items-center justify-between gap-3">
                  <p className="max-w-xl text-soft">{said.about}</p>
                  {add}
                </div>
                <ul className="divide-y divide-line rounded-xl border border-line">
                  {shown.map((price) => (
                    <li key={price.id} className="flex flex-wrap items-center gap-3 px-4 py-3">
                      <span className="min-w-48 grow">
                        <span className="font-medium">{price.model}</span>
                        <span className="block text-sm text-soft">
                          {said.per(showPrice(price.currency, price.input), showPrice(price.currency, price.output))}
                        </span>
                      </span>
                      <Button size="small" onClick={() => open(price.model)}>
                        {said.edit}
                      </Button>
                      <Button
                        size="small"
                        kind="danger"
                        onClick={() => remove(price.id, { params: { ...params, priceId: price.id } }, said.removed)}
                      >
                        {common.delete}
                      </Button>
                    </li>
                  ))}
                </ul>
              </>
            )}
            {model !== undefined &&
              (opened ? (
                <ChangePrice key={opened.id} price={opened} onClose={() => open(undefined)} />
              ) : (
                <AddPrice model={model} currency={prices[0]?.currency ?? 'USD'} onClose={() => open(undefined)} />
              ))}
          </div>
        )
      }}
    </Loaded>
  )
}

function AddPrice({ model, currency, onClose }: { model: string; currency: string; onClose: () => void }) {
  const params = route.useParams()
  const add = useChange('addPrice', { stale: [...stale], isQuiet: true, onDone: onClose })
  return (
    <PriceForm
      title={said.add}
      start={{ model, input: '', output: '', currency }}
      isBusy={add.isPending}
      problem={add.error}
      onSave={(body) => add.mutate({ params, body })}
      onClose={onClose}
    />
  )
}

function ChangePrice({ price, onClose }: { price: PriceAnswer; onClose: () => void }) {
  const params = { ...route.useParams(), priceId: price.id }
  const { data } = useTagged('getPrice', { params })
  const change = useChange('changePrice', { stale: [...stale], isQuiet: true, onDone: onClose })
  return (
    <PriceForm
      title={said.change(price.model)}
      start={price}
      isModelFixed
      isBusy={change.isPending || !data}
      problem={change.error}
      onSave={({ model: _, ...body }) => data && change.mutate({ params, body, ifMatch: data.etag })}
      onClose={onClose}
    />
  )
}

type Fields = Pick<PriceAnswer, 'model' | 'input' | 'output' | 'currency'>

interface PriceFormProps {
  title: string
  start: Fields
  isModelFixed?: boolean
  isBusy: boolean
  problem: unknown
  onSave: (fields: Fields) => void
  onClose: () => void
}

/** Amounts stay text from here to the server. A comma is a point where people write it so. */
function PriceForm({ title, start, isModelFixed = false, isBusy, problem, onSave, onClose }: PriceFormProps) {
  const [fields, setFields] = useState(start)
  const fieldOf = (name: keyof Fields, read = (text: string) => text) => ({
    label: said[name],
    required: true,
    value: fields[name],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) =>
      setFields({ ...fields, [name]: read(event.target.value) }),
  })
  const amount = (name: 'input' | 'output') => (
    <TextField
      {...fieldOf(name, (text) => text.replace(',', '.'))}
      hint={said.amountHint}
      inputMode="decimal"
      pattern="\d{1,9}(\.\d{1,6})?"
      title={said.amountHint}
    />
  )
  return (
    <Dialog title={title} about={said.about} isOpen onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          onSave(fields)
        }}
      >
        {!isModelFixed && <TextField {...fieldOf('model')} hint={said.modelHint} maxLength={210} />}
        <div className="grid gap-4 sm:grid-cols-2">
          {amount('input')}
          {amount('output')}
        </div>
        <TextField
          {...fieldOf('currency', (text) => text.toUpperCase())}
          hint={said.currencyHint}
          maxLength={3}
          pattern="[A-Z]{3}"
          title={said.currencyHint}
          error={problem ? messageOf(problem) : undefined}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button kind="main" type="submit" isBusy={isBusy}>
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
