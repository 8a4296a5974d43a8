import { expect, test } from 'vitest'
import { fewOfEachPage, withoutRepetitions } from './diversity.ts'

const passage = (pageId: string, text: string, score: number) => ({
  pageId,
  text,
  score,
  cosine: score / 2,
  lexical: score / 2,
})

const pagesOf = (found: ReturnType<typeof withoutRepetitions<ReturnType<typeof passage>>>) => ({
  distinct: found.distinct.map(({ pageId }) => pageId),
  repeated: found.repeated.map(({ pageId }) => pageId),
})

test('fewOfEachPage › three of a page, in their order', () => {
  const ranked = [
    ...['one', 'two', 'three', 'four'].map((text, at) => passage('a', `${text} of the first page`, 1 - at / 10)),
    passage('b', 'another page', 0.5),
    passage('a', 'five of the first page', 0.4),
  ]
  expect(fewOfEachPage(ranked).map(({ pageId }) => pageId)).toEqual(['a', 'a', 'a', 'b'])
})

test('withoutRepetitions › of texts that say the same, the better one', () => {
  const text = 'Parcels are sent on every working day and arrive within three days at the door of your house'
  const ranked = [passage('a', text, 0.9), passage('b', `${text}.`, 0.89), passage('c', 'Parcels are heavy', 0.88)]
  expect(pagesOf(withoutRepetitions(ranked, 3))).toEqual({ distinct: ['a', 'c'], repeated: ['b'] })
})

test('withoutRepetitions › no more than are wanted, and nothing said of those after them', () => {
  const ranked = ['a', 'b', 'c'].map((page) => passage(page, `Only page ${page} says this`, 0.9))
  expect(pagesOf(withoutRepetitions([...ranked, ...ranked], 2))).toEqual({ distinct: ['a', 'b'], repeated: [] })
})

test.each([
  ['English', 'Parcels leave our house on day number ', ' and arrive at yours within three working days.'],
  ['Russian', 'Посылки отправляются в день ', ' и приходят к вам домой в течение трёх рабочих дней.'],
  ['Chinese', '包裹将在第', '天寄出，三个工作日内送达您的家门口。'],
])('withoutRepetitions › long texts in %s: the same one, and one of as many other words', (_language, start, end) => {
  const long = (from: number) => Array.from({ length: 40 }, (_, at) => `${start}${from + at}${end}`).join(' ')
  const [text, same, other] = [long(0), long(1), [...long(0)].map((sign) => sign.replace(/\p{L}/u, 'x')).join('')]
  const ranked = [passage('a', text, 0.9), passage('b', same, 0.89), passage('c', other, 0.88)]
  expect(pagesOf(withoutRepetitions(ranked, 3))).toEqual({ distinct: ['a', 'c'], repeated: ['b'] })
})
