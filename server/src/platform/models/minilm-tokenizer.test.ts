import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { packageFile } from './minilm-files.ts'
import { createTokenizer } from './minilm-tokenizer.ts'

const { model } = JSON.parse(readFileSync(packageFile('tokenizer.json'), 'utf8')) as {
  model: { vocab: Record<string, number> }
}
const vocabulary = new Map(Object.entries(model.vocab))
const tokens = new Map([...vocabulary].map(([token, id]) => [id, token]))
const tokenizer = createTokenizer(vocabulary)

const tokensOf = (text: string) =>
  tokenizer
    .encode(text, 256)
    .slice(1, -1)
    .map((id) => tokens.get(id))

test.each([
  ['lower case', 'HeLLo', ['hello']],
  ['accents stripped', 'Café Ünïted', ['cafe', 'united']],
  ['the longest piece first', 'unaffable', ['una', '##ffa', '##ble']],
  ['punctuation stands alone', "don't $5.00!", ['don', "'", 't', '$', '5', '.', '00', '!']],
  ['ASCII symbols are punctuation', 'a+b=c^d|e~f', ['a', '+', 'b', '=', 'c', '^', 'd', '|', 'e', '~', 'f']],
  ['Unicode punctuation', '“well” – yes…', ['“', 'well', '”', '–', 'yes', '…']],
  ['every Chinese character alone', '北京abc', ['北', '京', 'abc']],
  ['kana are not split', 'です', ['て', '##す']],
  ['any whitespace parts words', 'a\u00a0b\tc\nd\u2003e', ['a', 'b', 'c', 'd', 'e']],
  ['control and format characters vanish', 'wo\u0000rd wo\u200drd wo\ufffdrd', ['word', 'word', 'word']],
  ['what no piece fits is unknown', 'ok \u{1f600}', ['ok', '[UNK]']],
  ['a word of over 100 characters is unknown', 'a'.repeat(101), ['[UNK]']],
  ['nothing', '', []],
])('encode › %s', (_, text, expected) => {
  expect(tokensOf(text)).toEqual(expected)
})

test('encode › ids of the published tokenizer, with [CLS] and [SEP]', () => {
  expect(tokenizer.encode('Hello, world!', 256)).toEqual([101, 7592, 1010, 2088, 999, 102])
})

test('encode › cut to the limit, [SEP] last', () => {
  const ids = tokenizer.encode('word '.repeat(500), 256)
  expect(ids).toHaveLength(256)
  expect([ids[0], ids.at(-1)]).toEqual([101, 102])
})
