/** What an answer cost, or why nobody knows. */
import type { Cost } from '@mevichat/protocol/prices.ts'
import { showMoney } from '../dates.ts'
import { PriceLink } from '../settings/price-link.tsx'
import { words } from './words.ts'

export function CostOf({ cost: { state, money }, model }: { cost: Cost; model: string }) {
  if (money) return <>{words.cost.known(showMoney(money))}</>
  if (state === 'no_price') {
    return (
      <>
        {words.cost.no_price} <PriceLink model={model} />
      </>
    )
  }
  return <>{state === 'free' ? words.cost.free : words.cost.no_tokens}</>
}
