import { describe, expect, it } from 'vitest'
import { checkPatterns, isBlocked, patternLimits, problemOf } from './moderation.ts'

describe('problemOf', () => {
  it.each(['(a+)+$', 'refund|chargeback', '^\\s*buy now', '\\bfr[ae]ud\\b', '(?i)x'])('takes %s', (pattern) =>
    expect(problemOf(pattern)).toBeNull(),
  )

  it.each([
    ['(?=a)b', /Lookahead/],
    ['(?<!a)b', /Lookahead and lookbehind/],
    ['(a)\\1', /Back-references/],
    ['(a', /cannot be read/],
    ['a{1001}', /cannot be read/],
    ['([a-z ]{0,999})!', /steps for each character, 600 at most/],
    ['', /empty/],
    ['a'.repeat(patternLimits.characters + 1), /longer/],
  ])('refuses %s in words', (pattern, sentence) => expect(problemOf(pattern)).toMatch(sentence))
})

describe('checkPatterns', () => {
  it('names the pattern that cannot be used', () => expect(() => checkPatterns(['ok', '(?=x)'])).toThrow(/"\(\?=x\)"/))
  it('refuses more than fifty', () => expect(() => checkPatterns(Array(51).fill('a'))).toThrow(/50/))
  it('takes fifty that are a hundred characters long', () => checkPatterns(Array(50).fill('a'.repeat(100))))
  it('refuses more than can be matched in a moment together', () =>
    expect(() => checkPatterns(Array(40).fill('[ab]*a[ab]{200}[xy]'))).toThrow(/6000 at most/))
})

describe('isBlocked', () => {
  it.each([
    ['as it is', 'this is fraud'],
    ['in capitals', 'FRAUD'],
    ['with an invisible character in it', 'fr\u200baud'],
    ['with a soft hyphen and a joiner in it', 'f\u00adra\u2060ud'],
    ['in full width', 'ｆｒａｕｄ'],
    ['in mathematical letters', '𝐟𝐫𝐚𝐮𝐝'],
  ])('finds a word %s', async (_how, message) => expect(await isBlocked(['fraud'], message)).toBe(true))

  it('lets others pass', async () => expect(await isBlocked(['fraud', '^buy'], 'please buy a frau')).toBe(false))

  it('ends on patterns that hang a backtracking engine', async () => {
    expect(
      await isBlocked(
        ['^(a+)+$', '(a|aa)+$', '([a-z]+)*!$'].map((p) => `${p}`),
        `${'a'.repeat(3_999)}1`,
      ),
    ).toBe(false)
    expect(await isBlocked(['^(a+)+$'], 'a'.repeat(4_000))).toBe(true)
  })

  it('finds a word behind characters that grow when they are folded', async () => {
    expect(await isBlocked(['fraud'], `${'\ufdfa'.repeat(900)}fr\u200baud`)).toBe(true)
  })

  it('ends on text that grows when it is folded', async () =>
    expect(await isBlocked(['zzz'], '\ufdfa'.repeat(4_000))).toBe(false))

  it('lets others go on between patterns that take long', async () => {
    const message = Array.from({ length: 4_000 }, (_, at) => 'ab'[(at * at + (at >> 3)) % 2]).join('')
    const patterns = Array.from({ length: 50 }, (_, at) => `[ab]*a[ab]{${200 + at}}[xy]`)
    let turns = 0
    const others = setInterval(() => turns++, 1)
    await isBlocked(patterns, message)
    clearInterval(others)
    expect(turns).toBeGreaterThan(2)
  })
})
