import { expect, test } from 'vitest'
import { fewOfEachPage, withoutRepetitions } from './diversity.ts'

const passage = (pageId: string, text: string, score: number) => ({
  pageId,
  text,
  score,
  cosine: score / 2,
  lexical: score / 2,
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
  expect(withoutRepetitions(ranked).map(({ pageId }) => pageId)).toEqual(['a', 'c'])
})
