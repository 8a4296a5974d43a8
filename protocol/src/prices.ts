/** What a workspace pays for the tokens of a model, as its owner says. Money is decimal text, never a floating number. */
import { z } from 'zod'
import { declare, instant } from './operation.ts'

/** ISO 4217, such as `EUR`. */
const currency = z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters, such as EUR')

/** Exact, as decimal text. */
export const money = z.object({ currency: z.string(), amount: z.string() })
export type Money = z.infer<typeof money>

export const cost = z.object({
  /** `free`: the built-in model, or none was asked. `no_tokens`: the provider has not told how many there were. */
  state: z.enum(['known', 'free', 'no_price', 'no_tokens']),
  /** At the price of today; null where it is not known. */
  money: money.nullable(),
})
export type Cost = z.infer<typeof cost>

const perMillion = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,6})?$/, 'must be a decimal number such as 2.50, with at most six digits after the point')

const fields = {
  /** For a million tokens that the model reads. */
  input: perMillion,
  /** For a million tokens that it writes. */
  output: perMillion,
  currency,
}
const newPrice = z.strictObject({
  /** As bots and answers name it. The built-in model costs nothing. */
  model: z
    .string()
    .trim()
    .max(210)
    .regex(/^(openai|anthropic):[^\s\p{Cc}][^\p{Cc}]*$/u, 'must be openai:MODEL or anthropic:MODEL'),
  ...fields,
})
const priceChange = z.strictObject(fields).partial()

export const priceAnswer = z.object({ id: z.uuid(), model: z.string(), ...fields, changed_at: instant })
export type PriceAnswer = z.infer<typeof priceAnswer>

const base = '/api/workspaces/:workspaceId/prices/'
const one = `${base}:priceId/` as const
const needs = 'editCredentials'
const versionOf = ({ input, output, currency, changed_at }: PriceAnswer) => ({ input, output, currency, changed_at })

export const priceOperations = declare({
  listPrices: {
    method: 'GET',
    path: base,
    needs,
    about: 'What the workspace pays for the tokens of its models, by model.',
    status: 200,
    answer: z.object({ prices: z.array(priceAnswer) }),
  },
  addPrice: {
    method: 'POST',
    path: base,
    needs,
    about: 'Gives a model a price, 200 at most. Answers of the past are reckoned with it too.',
    body: newPrice,
    status: 201,
    answer: priceAnswer,
    versionOf,
    refuses: ['conflict'],
  },
  getPrice: {
    method: 'GET',
    path: one,
    needs,
    about: 'The price of one model.',
    status: 200,
    answer: priceAnswer,
    versionOf,
  },
  changePrice: {
    method: 'PATCH',
    path: one,
    needs,
    about: 'Changes a price. Answers of the past are reckoned with the new one.',
    body: priceChange,
    status: 200,
    answer: priceAnswer,
    versionOf,
  },
  removePrice: {
    method: 'DELETE',
    path: one,
    needs,
    about: 'Takes a price away: what answers of that model cost is not known then.',
    status: 204,
    answer: null,
  },
})
