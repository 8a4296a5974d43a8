/** What tokens cost, in whole numbers throughout: a floating number cannot hold money. */
import type { Cost, Money } from '@mevichat/protocol/prices.ts'

/** Amounts for a million tokens, as decimal text. */
export interface Price {
  input: string
  output: string
  currency: string
}

export interface TokenCounts {
  inputTokens: number
  outputTokens: number
}

/** Digits after the point of a price, and of the cost of a token. */
const priceDigits = 6
const costDigits = priceDigits + 6

/** Of the tokens of a model, as `provider:name`; null where none was asked. */
export function costOf(prices: ReadonlyMap<string, Price>, model: string | null, tokens: TokenCounts | null): Cost {
  if (model === null || model.startsWith('built-in')) return { state: 'free', money: null }
  const price = prices.get(model)
  if (!price) return { state: 'no_price', money: null }
  if (!tokens) return { state: 'no_tokens', money: null }
  const { inputTokens, outputTokens } = tokens
  const units =
    BigInt(inputTokens) * unitsOf(price.input, priceDigits) + BigInt(outputTokens) * unitsOf(price.output, priceDigits)
  return { state: 'known', money: { currency: price.currency, amount: decimalOf(units, costDigits) } }
}

/** What comes to one sum: a sum for each currency, by its name. */
export function sumOf(amounts: readonly Money[]): Money[] {
  const sums = new Map<string, bigint>()
  for (const { currency, amount } of amounts)
    sums.set(currency, (sums.get(currency) ?? 0n) + unitsOf(amount, costDigits))
  return [...sums]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([currency, units]) => ({ currency, amount: decimalOf(units, costDigits) }))
}

/** Without zeros at its end. */
export function plainDecimal(text: string): string {
  return decimalOf(unitsOf(text, priceDigits), priceDigits)
}

function unitsOf(text: string, digits: number): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(digits, '0'))
}

function decimalOf(units: bigint, digits: number): string {
  const text = String(units).padStart(digits + 1, '0')
  const fraction = text.slice(-digits).replace(/0+$/, '')
  return text.slice(0, -digits) + (fraction && `.${fraction}`)
}
