import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitSentences } from './sentences.ts'

const textsOf = (text: string) => splitSentences(text).map((sentence) => sentence.text)

describe('sentences', () => {
  test.each([
    ['plain', 'One is here. Is two? Three!', ['One is here.', 'Is two?', 'Three!']],
    ['abbreviations', 'Ask Dr. Smith, e.g. Mondays. Then go.', ['Ask Dr. Smith, e.g. Mondays.', 'Then go.']],
    ['initials', 'It was J. R. Tolkien. He wrote.', ['It was J. R. Tolkien.', 'He wrote.']],
    ['numbers', 'It costs 3.50 EUR. Version 1.2.3 is out.', ['It costs 3.50 EUR.', 'Version 1.2.3 is out.']],
    ['German', 'Das ist z. B. Die Regel. Es kostet ca. 5 Euro.', ['Das ist z. B. Die Regel.', 'Es kostet ca. 5 Euro.']],
    ['Chinese', '这是第一句。这是第二句！', ['这是第一句。', '这是第二句！']],
    ['quotes', '"Really?" she asked. Yes.', ['"Really?" she asked.', 'Yes.']],
    ['a line break within', 'It goes\non here. Next.', ['It goes\non here.', 'Next.']],
    ['a short "no"', 'The answer is no. We cannot.', ['The answer is no.', 'We cannot.']],
    ['paragraphs without full stops', 'First\n\nSecond', ['First', 'Second']],
  ])('%s', (_, text, sentences) => {
    expect(textsOf(text)).toEqual(sentences)
  })

  test('lists without their marks, an item that goes on with its next line', () => {
    const text = '- **Free**: 100 a month\n- Pro: 5,000. With\n  support.\n\n1. Open it.\n2) Close it.\n- [x] Done'
    expect(textsOf(text)).toEqual([
      '**Free**: 100 a month',
      'Pro: 5,000.',
      'With\n  support.',
      'Open it.',
      'Close it.',
      'Done',
    ])
  })

  test('rows of a table, without its header', () => {
    const text = 'Before.\n\n| Plan | Messages |\n|:--|--:|\n| Free | 100 |\n| Pro | 5,000 |\n\nAfter.'
    expect(textsOf(text)).toEqual(['Before.', 'Free | 100', 'Pro | 5,000', 'After.'])
  })

  test('no headings, no code, no markup', () => {
    const text = '# Title\n\nTitle two\n---\n\n```js\nlet a. B\n```\n\n<div>\n\n***\n\n> Quoted. Twice.\n\nWords.'
    expect(textsOf(text)).toEqual(['Quoted.', 'Twice.', 'Words.'])
  })

  test('every sentence stands where it says, in order and without overlap', () => {
    const piece = fc.constantFrom(
      '- ',
      '1. ',
      '| a | b |',
      '|-|-|',
      '\n',
      '\r\n',
      '```',
      '# ',
      '> ',
      'Dr. ',
      'é漢🎉. ',
      'Yes! ',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
        const text = pieces.join('')
        let from = 0
        for (const sentence of splitSentences(text)) {
          expect(sentence.start).toBeGreaterThanOrEqual(from)
          expect(sentence.end).toBeGreaterThan(sentence.start)
          expect(text.slice(sentence.start, sentence.end)).toBe(sentence.text)
          from = sentence.end
        }
      }),
    )
  })

  test.each([
    ['spaces', ' '.repeat(100_000)],
    ['dots', 'a.'.repeat(50_000)],
    ['pipes', '|'.repeat(100_000)],
    ['rows', '| a '.repeat(100).concat('|\n').repeat(200)],
    ['items', '- a\n'.repeat(30_000)],
    ['dashes', '- '.repeat(50_000)],
    ['spaces before a pipe', `${' '.repeat(100_000)}|x`],
    ['words of a letter', `${'a. '.repeat(30_000)}ab`],
    ['capitals', 'A. '.repeat(30_000)],
  ])('a hundred kilobytes of %s are read in a moment', { timeout: 10_000 }, (_, text) => {
    expect(splitSentences(text)).toBeInstanceOf(Array)
  })
})
