import fc from 'fast-check'
import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base'
import { describe, expect, test } from 'vitest'
import { chunk } from './chunk.ts'

const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }

function sentences(count: number, tag = 'w'): string {
  return Array.from({ length: count }, (_, n) => `The ${tag}${n} sentence speaks of thing ${n} at some length.`).join(
    ' ',
  )
}

describe('chunk › headings', () => {
  test('each passage is of one H1, H2 or H3 section and carries its path', () => {
    const passages = chunk(
      '# Shop\n\nWelcome.\n\n## Returns\n\nWithin 30 days.\n\n### Gifts\n\nToo.\n\n## Hours\n\nNine to five.\n',
    )
    expect(passages.map(({ headings, text }) => [headings.join(' > '), text])).toEqual([
      ['Shop', 'Welcome.'],
      ['Shop > Returns', 'Within 30 days.'],
      ['Shop > Returns > Gifts', 'Too.'],
      ['Shop > Hours', 'Nine to five.'],
    ])
  })

  test('an H4 is no boundary, a heading with nothing below it is kept', () => {
    const passages = chunk('## A\n\none\n\n#### B\n\ntwo\n\n## C\n')
    expect(passages.map(({ headings, text }) => [headings.join(' > '), text])).toEqual([
      ['A', 'one\n\n#### B\n\ntwo'],
      ['C', '## C'],
    ])
  })

  test('underlined headings count, what is fenced or only looks like a heading does not', () => {
    const passages = chunk(
      'Title\n=====\n\na\n\nSub\n---\n\n```sh\n# comment\n```\n\n- item\n---\n\n#tag\n\n| a |\n|---|\n',
    )
    expect(passages.map(({ headings, text }) => [headings.join(' > '), text])).toEqual([
      ['Title', 'a'],
      ['Title > Sub', '```sh\n# comment\n```\n\n- item\n---\n\n#tag\n\n| a |\n|---|'],
    ])
  })

  test('titles are plain: closing marks, emphasis and links go', () => {
    expect(chunk('## The **new** [site](https://example.com) `go` ##\n\ntext')[0]?.headings).toEqual([
      'The new site go',
    ])
  })

  test('text before the first heading has no path', () => {
    expect(chunk('Preface.\n\n# One\n\nText.').map(({ headings }) => headings)).toEqual([[], ['One']])
  })
})

describe('chunk › size and overlap', () => {
  test('long prose: full passages that overlap by about 50 tokens, at the start of a sentence', () => {
    const markdown = sentences(300)
    const passages = chunk(markdown)
    expect(passages.length).toBeGreaterThan(7)
    for (const [at, passage] of passages.entries()) {
      expect(passage.text).toMatch(/^The w\d+ /)
      const next = passages[at + 1]
      if (!next) break
      expect(passage.tokens).toBeGreaterThan(450)
      const shared = passage.text.slice(passage.text.indexOf(next.text.slice(0, 20)))
      expect(next.text.startsWith(shared)).toBe(true)
      expect(countTokens(shared)).toBeGreaterThanOrEqual(25)
      expect(countTokens(shared)).toBeLessThanOrEqual(75)
    }
  })

  test('a cut is made between paragraphs where the passage is at least half full', () => {
    const passages = chunk([sentences(25, 'a'), sentences(25, 'b')].join('\n\n'))
    expect(passages[0]?.text).toBe(sentences(25, 'a'))
  })

  test('prose without full stops overlaps at a word', () => {
    const passages = chunk(Array.from({ length: 2_000 }, (_, n) => `word${n}`).join(' '))
    expect(passages[1]?.text).toMatch(/^word\d+ /)
    expect(passages[0]?.text).toContain(passages[1]?.text.slice(0, 60))
  })

  test('tables and code that fit are not cut in the middle, also where they do not fit beside what is before', () => {
    const table = ['| n | what |', '|---|---|', ...Array.from({ length: 30 }, (_, n) => `| ${n} | thing ${n} |`)].join(
      '\n',
    )
    const code = ['```js', ...Array.from({ length: 40 }, (_, n) => `const x${n} = ${n}`), '```'].join('\n')
    const passages = chunk([sentences(22), table, sentences(22, 'v'), code].join('\n\n'))
    expect(passages.some(({ text }) => text.includes(table))).toBe(true)
    expect(passages.some(({ text }) => text.includes(code))).toBe(true)
    for (const { text } of passages) if (!text.includes(code)) expect(text).not.toContain('const x')
  })

  test('a table too long for one passage is cut between its rows', () => {
    const rows = Array.from({ length: 300 }, (_, n) => `| ${n} | thing number ${n} |`)
    const passages = chunk(['| n | what |', '|---|---|', ...rows].join('\n'))
    expect(passages.length).toBeGreaterThan(3)
    for (const { text } of passages) for (const line of text.split('\n')) expect(line).toMatch(/^\|.*\|$/)
  })

  test('special tokens are text', () => {
    const markdown = 'The mark <|endoftext|> ends a text.'
    expect(chunk(markdown)).toEqual([
      { text: markdown, headings: [], tokens: countTokens(markdown, asText), page: null, pageStarts: [] },
    ])
  })

  test('nothing but white space › no passage', () => {
    expect(chunk('')).toEqual([])
    expect(chunk('\n \n\t\n')).toEqual([])
  })
})

/** A document in which every word is told apart, with the section each belongs to. */
const documents = fc
  .array(
    fc.record({
      level: fc.integer({ min: 1, max: 6 }),
      blocks: fc.array(
        fc.record({
          kind: fc.constantFrom('prose', 'list', 'table', 'code', 'unspaced'),
          size: fc.integer({ min: 1, max: 120 }),
        }),
        { maxLength: 6 },
      ),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((sections) => {
    const sectionOf = new Map<string, number>()
    let count = 0
    let at = 0
    const word = () => {
      const name = `w${count++}x`
      sectionOf.set(name, at)
      return name
    }
    const words = (size: number, between: string) => Array.from({ length: size }, word).join(between)
    const markdown = sections.map(({ level, blocks }, index) => {
      if (level <= 3) at = index
      const shaped = blocks.map(({ kind, size }) => {
        if (kind === 'prose') return `${words(size, ' is. A ')}.`
        if (kind === 'list') return `- ${words(size, '\n- ')}`
        if (kind === 'table') return `| ${words(size, ' |\n| ')} |`
        if (kind === 'code') return `\`\`\`\n# ${words(size, '\n')}\n\`\`\``
        return words(size, '漢')
      })
      return [`${'#'.repeat(level)} ${word()}`, ...shaped].join('\n\n')
    })
    return { markdown: markdown.join('\n\n'), sectionOf }
  })

const wordsOf = (text: string) => text.match(/w\d+x/g) ?? []

describe('chunk › any document', () => {
  test('nothing is lost, no passage crosses a boundary, none is over 500 tokens, each stands in the document', () => {
    fc.assert(
      fc.property(documents, ({ markdown, sectionOf }) => {
        const passages = chunk(markdown)
        for (const { text, tokens, headings } of passages) {
          expect(markdown).toContain(text)
          expect(tokens).toBeLessThanOrEqual(500)
          const sections = new Set([...wordsOf(text), ...headings.slice(-1)].map((word) => sectionOf.get(word)))
          expect(sections.size).toBe(1)
        }
        const kept = new Set(passages.flatMap(({ text, headings }) => [...wordsOf(text), ...headings]))
        for (const word of sectionOf.keys()) expect(kept).toContain(word)
      }),
      { numRuns: 60 },
    )
  })

  test('any characters at all: no half of a surrogate pair, none over 500 tokens', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 800 })
    fc.assert(
      fc.property(text, (markdown) => {
        for (const passage of chunk(markdown)) {
          expect(passage.text.isWellFormed()).toBe(true)
          expect(markdown).toContain(passage.text)
          expect(passage.tokens).toBeLessThanOrEqual(500)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('a family of emoji stays together at each cut', () => {
    const family = '👩‍👩‍👧‍👦'
    for (const { text } of chunk(family.repeat(500))) expect(text.replaceAll(family, '')).toBe('')
  })

  test.each([
    ['a', 'a'.repeat(1_000_000)],
    ['漢字', '漢字'.repeat(500_000)],
    ['combining marks', `a${'\u0301'.repeat(300_000)}`],
    ['spaces', `x${' '.repeat(1_000_000)}x`],
    ['#', '#'.repeat(1_000_000)],
    ['[', '['.repeat(1_000_000)],
    ['headings', '# a\n'.repeat(100_000)],
    ['fences', '```\n'.repeat(100_000)],
    ['full stops', `${'.'.repeat(1_000_000)}x`],
  ])('a megabyte of %s ends, within the limit', (_name, markdown) => {
    for (const { tokens } of chunk(markdown)) if (tokens > 500) expect.fail(`${tokens} tokens`)
  })
})

test('chunk › of a PDF the page on which a passage begins, and no form feed in its text', () => {
  const pages = ['# One\n\nFirst.', 'Still the first part.\n\n## Two\n\nSecond.', '## Three\n\nThird.'].join('\n\f\n')
  expect(chunk(pages).map(({ text, page }) => [page, text])).toEqual([
    [1, 'First.\n\nStill the first part.'],
    [2, 'Second.'],
    [3, 'Third.'],
  ])
  expect(chunk('# One\n\nFirst.')[0]?.page).toBeNull()
})

test.each([
  ['short pages', 3],
  ['pages of several passages, which overlap', 90],
])('chunk › where in a passage each page begins: %s', (_name, sentences) => {
  const sentence = (page: number, at: number) => `Page ${page} has its sentence ${at}.`
  const pages = [1, 2, 3, 4].map((page) => Array.from({ length: sentences }, (_, at) => sentence(page, at)).join(' '))
  for (const { text, page, pageStarts } of chunk(pages.join('\n\f\n'))) {
    const bounds = [0, ...pageStarts, text.length]
    for (const [at, start] of bounds.slice(0, -1).entries()) {
      const part = text.slice(start, bounds[at + 1])
      expect(new Set(part.match(/(?<=Page )\d/g))).toEqual(new Set([String((page ?? 0) + at)]))
    }
  }
})
