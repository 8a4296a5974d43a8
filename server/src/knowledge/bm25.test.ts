import { expect, test } from 'vitest'
import type { Analysis } from '../platform/text/analysis.ts'
import { questionTerms, scoreLexically } from './bm25.ts'
import { packPostings, passageTerms, withoutSlots } from './postings.ts'
import type { LexiconTotals } from './tables.ts'

interface Text {
  text: string
  headings?: string[]
  analysis?: Analysis
}

/** Packed postings of the texts, their slots being their places, and a way to ask them. */
function indexOf(texts: Text[]) {
  const lexicon: Partial<Record<Analysis, LexiconTotals>> = {}
  const passages = texts.map(({ text, headings = [], analysis = 'english' }, slot) => {
    const terms = passageTerms({ title: '', text, headings, analysis })
    const totals = lexicon[analysis] ?? { passages: 0, length: 0 }
    lexicon[analysis] = { passages: totals.passages + 1, length: totals.length + terms.length }
    return { ...terms, slot }
  })
  const rows = packPostings(passages)
  return { rows, ask: (question: string) => [...scoreLexically(questionTerms(question), rows, lexicon, texts.length)] }
}

/** BM25 as the formula has it, without packing. */
function reference(question: string, texts: string[]): number[] {
  const documents = texts.map((text) => passageTerms({ title: '', text, headings: [], analysis: 'english' }))
  const averageLength = documents.reduce((sum, { length }) => sum + length, 0) / documents.length
  const idf = (passages: number) => Math.log(1 + (documents.length - passages + 0.5) / (passages + 0.5))
  const terms = [...(questionTerms(question).get('english') ?? [])].map((term) => ({
    term,
    idf: idf(documents.filter(({ counts }) => counts.has(term)).length),
  }))
  const most = terms.reduce((sum, term) => sum + term.idf, idf(0)) * 2.2
  return documents.map(
    ({ counts, length }) =>
      terms.reduce((sum, term) => {
        const count = counts.get(term.term) ?? 0
        return sum + (term.idf * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * length) / averageLength))
      }, 0) / most,
  )
}

test('scoreLexically › BM25 of k1 1.2 and b .75, within what the packed length costs', () => {
  const texts = Array.from(
    { length: 600 },
    (_, at) =>
      `ship ${at % 3 === 0 ? 'harbour ' : ''}${at % 50 === 0 ? 'lighthouse '.repeat(3) : ''}${'water '.repeat(at % 17)}`,
  )
  const expected = reference('Which harbour has a lighthouse?', texts)
  const scores = indexOf(texts.map((text) => ({ text }))).ask('Which harbour has a lighthouse?')
  expect(scores).toHaveLength(600)
  for (const [slot, score] of scores.entries()) expect(Math.abs(score - (expected[slot] ?? 0))).toBeLessThan(0.01)
})

test('scoreLexically › a heading counts three times', () => {
  const filler = Array.from({ length: 20 }, () => ({ text: 'nothing of the kind here at all' }))
  const { ask } = indexOf([{ text: 'tickets and more' }, { text: 'more', headings: ['tickets'] }, ...filler])
  const [inText = 0, inHeading = 0] = ask('tickets')
  expect(inHeading).toBeGreaterThan(inText * 1.1)
})

test('scoreLexically › each language by its own words, in one index', () => {
  const { ask } = indexOf([
    { text: 'The ferry leaves at noon.' },
    { text: 'Die Fähre legt mittags ab.', analysis: 'grams' },
    { text: '渡轮中午出发。', analysis: 'words' },
  ])
  const winner = (question: string) => {
    const scores = ask(question)
    return scores.indexOf(Math.max(...scores))
  }
  expect([winner('When does the ferry leave?'), winner('Wann fährt die Fähre?'), winner('渡轮什么时候出发？')]).toEqual(
    [0, 1, 2],
  )
})

test('scoreLexically › words of no passage make the others count for less', () => {
  const { ask } = indexOf([{ text: 'opening hours of the museum' }, { text: 'prices of the museum' }])
  const [all = 0] = ask('museum opening hours')
  const [some = 0] = ask('museum opening hours bicycle xylophone')
  expect(some).toBeLessThan(all * 0.75)
  expect(ask('zebra')).toEqual([0, 0])
})

test('withoutSlots › takes out these passages and no others', () => {
  const { rows } = indexOf(Array.from({ length: 300 }, () => ({ text: 'bell' })))
  expect(rows.map(({ block, entries }) => [block, entries.length / 3])).toEqual([
    [0, 256],
    [1, 44],
  ])
  const [first, second] = rows
  if (!first || !second) throw new Error('no rows')
  expect(withoutSlots(first, new Set([0, 7, 256])).length / 3).toBe(254)
  expect(withoutSlots(second, new Set([0, 7, 256])).length / 3).toBe(43)
  expect(withoutSlots({ ...second, entries: second.entries.subarray(0, 3) }, new Set([256]))).toHaveLength(0)
})
