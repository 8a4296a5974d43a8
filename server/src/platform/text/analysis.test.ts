import { expect, test } from 'vitest'
import { analysisOf, termsOf } from './analysis.ts'

test.each([
  ['English by its words', 'The cat sat on the mat and looked at the dog.', null, 'english'],
  ['English whatever the page claims', 'The refund is paid within five days of the return.', 'de', 'english'],
  ['German whatever the page claims', 'Die Rückgabe ist innerhalb von vierzehn Tagen möglich.', 'en', 'grams'],
  ['French', 'Les billets sont en vente sur le site et dans les gares.', null, 'grams'],
  ['Russian', 'Билеты можно вернуть в течение четырнадцати дней.', null, 'grams'],
  ['Korean', '환불은 14일 이내에 가능합니다.', null, 'grams'],
  ['Chinese', '退款将在五个工作日内到账。', 'en', 'words'],
  ['Japanese with a Latin name', '返金は5営業日以内にPayPalで行われます。', null, 'words'],
  ['Thai', 'สามารถคืนสินค้าได้ภายในสิบสี่วัน', null, 'words'],
  ['words that tell nothing go by the page', 'Kontakt Impressum', 'de', 'grams'],
  ['words that tell nothing of a page that says nothing', 'Error 4711', null, 'english'],
] as const)('analysisOf › %s', (_, text, language, expected) => {
  expect(analysisOf(text, language)).toBe(expected)
})

test.each([
  ['stems, without stop words', 'Where are the cancelled Orders?', 'english', ['e:cancel', 'e:order']],
  ['accents make no difference', 'Café CAFE', 'english', ['e:cafe', 'e:cafe']],
  ['numbers and names stay as they are', 'iso27001 error 4711', 'english', ['e:iso27001', 'e:error', 'e:4711']],
  ['pieces of four, and the word twice', 'Fähre', 'grams', ['g:fahr', 'g:ahre', 'g:=fahre', 'g:=fahre']],
  ['Korean in pairs', '환불은', 'grams', ['g:환불', 'g:불은', 'g:=환불은', 'g:=환불은']],
  ['words of a script without spaces', '我想退款', 'words', ['w:我想', 'w:退款']],
  ['words that only ask or build', 'Wann fährt das Schiff?', 'grams', termsOf('fahrt Schiff', 'grams')],
  ['the same without spaces', '退款什么时候到账？', 'words', ['w:退款', 'w:账']],
  ['Latin words among them', 'iPhone 退款', 'words', ['w:iphone', 'w:退款']],
  ['nothing', ' … ', 'english', []],
] as const)('termsOf › %s', (_, text, analysis, expected) => {
  expect(termsOf(text, analysis)).toEqual(expected)
})

test('termsOf › terms of different analyses never meet', () => {
  const english = new Set(termsOf('data', 'english'))
  expect(english.isDisjointFrom(new Set(termsOf('data', 'grams')))).toBe(true)
  expect(english.isDisjointFrom(new Set(termsOf('data', 'words')))).toBe(true)
})
