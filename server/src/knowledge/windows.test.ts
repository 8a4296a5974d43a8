import { expect, test } from 'vitest'
import { partsOf, textsToEmbed, windowsOf } from './windows.ts'

const words = (count: number) => Array.from({ length: count }, (_, at) => `w${at}`)

test.each([181, 200, 360, 361, 1000])('windowsOf › %i words in windows of 110 to 180 that leave none out', (count) => {
  const windows = windowsOf(words(count).join(' \n')).map((window) => window.split(/\s+/))
  expect(windows.every((window) => window.length >= 110 && window.length <= 180)).toBe(true)
  expect(new Set(windows.flat())).toEqual(new Set(words(count)))
  expect(windows.at(0)?.[0]).toBe('w0')
  expect(windows.at(-1)?.at(-1)).toBe(`w${count - 1}`)
})

test('textsToEmbed › a short passage whole, under its headings; a title that is repeated once', () => {
  const passage = { title: 'Prices', headings: ['Prices', 'Students'], text: 'Half.', analysis: 'english' as const }
  expect(textsToEmbed(passage, { maxTokens: 256 })).toEqual(['Prices\nStudents\nHalf.'])
})

test('textsToEmbed › of a question-and-answer pair the question alone', () => {
  const passage = {
    title: 'Why?',
    headings: [],
    text: words(300).join(' '),
    analysis: 'english' as const,
    isPair: true,
  }
  expect(textsToEmbed(passage, { maxTokens: 256 })).toEqual(['Why?'])
})

test('textsToEmbed › a long passage in windows, each under its headings, for a model of a short window alone', () => {
  const passage = { title: 'Log', headings: [], text: words(300).join(' '), analysis: 'english' as const }
  const texts = textsToEmbed(passage, { maxTokens: 256 })
  expect(texts).toHaveLength(2)
  expect(texts.every((text) => text.startsWith('Log\nw'))).toBe(true)
  expect(textsToEmbed(passage, { maxTokens: 8191 })).toHaveLength(1)
})

test('partsOf › the mean of the windows as a unit vector before them', () => {
  const windows = [Float32Array.of(1, 0), Float32Array.of(0, 1)]
  const [whole, ...rest] = partsOf(windows)
  expect(rest).toEqual(windows)
  expect(whole?.[0]).toBeCloseTo(Math.SQRT1_2)
  expect(Math.hypot(...(whole ?? []))).toBeCloseTo(1)
  expect(partsOf([Float32Array.of(1, 0)])).toHaveLength(1)
})
