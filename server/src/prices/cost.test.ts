import { describe, expect, it } from 'vitest'
import { costOf, plainDecimal, sumOf } from './cost.ts'

const prices = new Map([
  ['openai:gpt-x', { input: '2.500000', output: '10.000000', currency: 'USD' }],
  ['anthropic:claude', { input: '0.000001', output: '999999999.999999', currency: 'EUR' }],
])
const tokens = (inputTokens: number, outputTokens: number) => ({ inputTokens, outputTokens })
const amountOf = (model: string, input: number, output: number) =>
  costOf(prices, model, tokens(input, output)).money?.amount

describe('costOf', () => {
  it('is exact where floating numbers are not', () => {
    expect(amountOf('openai:gpt-x', 1_234, 56)).toBe('0.003645')
    expect(amountOf('openai:gpt-x', 3, 0)).toBe('0.0000075')
    expect(amountOf('anthropic:claude', 1, 0)).toBe('0.000000000001')
    expect(amountOf('openai:gpt-x', 0, 0)).toBe('0')
  })

  it('holds every token that a number can count', () => {
    expect(amountOf('anthropic:claude', 0, Number.MAX_SAFE_INTEGER)).toBe('9007199254740981992.800745259009')
  })

  it('is free for the built-in model and where none was asked, and never a made-up nothing', () => {
    expect(costOf(prices, null, null)).toEqual({ state: 'free', money: null })
    expect(costOf(prices, 'built-in:quoting', null)).toEqual({ state: 'free', money: null })
    expect(costOf(prices, 'openai:other', tokens(1, 1))).toEqual({ state: 'no_price', money: null })
    expect(costOf(prices, 'openai:gpt-x', null)).toEqual({ state: 'no_tokens', money: null })
  })
})

describe('sumOf', () => {
  it('adds within a currency, and never over two', () => {
    expect(
      sumOf([
        { currency: 'USD', amount: '0.1' },
        { currency: 'EUR', amount: '1' },
        { currency: 'USD', amount: '0.200000000001' },
      ]),
    ).toEqual([
      { currency: 'EUR', amount: '1' },
      { currency: 'USD', amount: '0.300000000001' },
    ])
    expect(sumOf([])).toEqual([])
  })
})

it('plainDecimal has no zeros at its end', () => {
  expect(['2.500000', '10', '0.000000', '007.10'].map(plainDecimal)).toEqual(['2.5', '10', '0', '7.1'])
})
