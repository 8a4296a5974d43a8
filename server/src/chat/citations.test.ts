import { describe, expect, it } from 'vitest'
import type { FoundPassage } from '../knowledge/knowledge.ts'
import type { PageId } from '../platform/id.ts'
import { CitationMarkers, prove } from './citations.ts'

function passage(id: number, text: string, url: string | null = null): FoundPassage {
  return {
    id,
    pageId: `page-${id}` as PageId,
    title: `Page ${id}`,
    url,
    headings: [],
    text,
    score: 1,
    cosine: 1,
    lexical: 1,
    isPair: false,
    page: null,
    pageStarts: [],
  }
}

const passages = [
  passage(1, 'Keys are free. The Pro plan has 5,000 messages a month.', 'https://example.com/plans'),
  passage(2, 'Our office is in Bonn. It is open from nine to five on weekdays.', '/docs/office/'),
  passage(3, 'Pasted text about `api_key` and **bold** words that stay here.'),
]

function rewritten(text: string, pieceLength: number, isShown = true): string {
  const markers = new CitationMarkers(passages, isShown)
  let out = ''
  for (let at = 0; at < text.length; at += pieceLength) out += markers.push(text.slice(at, at + pieceLength))
  return out + markers.flush()
}

describe('CitationMarkers', () => {
  it.each([
    ['numbers by order of appearance', 'B [2]. A [1]. B again [2].', 'B [1]. A [2]. B again [1].'],
    ['splits lists, each number once', 'Both [2, 1] and [2,2].', 'Both [1][2] and [1].'],
    ['leaves out what names no passage, with its space', 'So [9]. And [0] that [42].', 'So. And that.'],
    ['keeps brackets that are no markers', 'An [array] of [1', 'An [array] of [1'],
    ['keeps links', 'See [1](https://example.com).', 'See [1](https://example.com).'],
    ['keeps code', 'Use `a[1]` here [3].', 'Use `a[1]` here [1].'],
    ['keeps blocks of code', '```\na[1] `b` [2]\n```\nSo [3].', '```\na[1] `b` [2]\n```\nSo [1].'],
    ['goes on after a lone backtick', 'A ` here.\n\nThen [2].', 'A ` here.\n\nThen [1].'],
    [
      'reads two backticks before a word as a quotation mark',
      "`` A song '' is sung . [3]",
      "`` A song '' is sung . [1]",
    ],
    ['keeps code between two backticks', '``a[1]`` and `` `b[2]` `` here [3].', '``a[1]`` and `` `b[2]` `` here [1].'],
    ['keeps whole characters', 'Good 😀 [1] day', 'Good 😀 [1] day'],
  ])('%s, however the text is cut', (_what, text, expected) => {
    for (let length = 1; length <= text.length; length++) expect(rewritten(text, length)).toBe(expected)
  })

  it.each([' ', '\n', '`', '[1'])('is done with a million of %j in a moment, in one piece or in many', (unit) => {
    const text = `So${unit.repeat(1_000_000)}it is [1].`
    expect(rewritten(text, text.length)).toHaveLength(text.length)
    expect(rewritten(text, 50)).toHaveLength(text.length)
  })

  it('leaves all out where the bot shows no citations', () => {
    expect(rewritten('A [1]. B [2].', 3, false)).toBe('A. B.')
  })
})

const publicUrl = 'https://chat.example.org'
const only = (at: number) => passages.slice(at, at + 1)

describe('prove', () => {
  it.each([
    [
      'clauses',
      `${'The northern office is closed on Mondays, '.repeat(12)}but dogs may stay in the garden of the inn.`,
    ],
    ['words', `${'northern office closed Mondays '.repeat(16)}but dogs may stay in the garden of the inn.`],
  ])('quotes a part of a sentence that is too long, cut between its %s', (_what, sentence) => {
    const long = [passage(7, `Welcome. ${sentence}`)]
    const [citation] = prove('Dogs may stay in the garden of the inn [1].', long, publicUrl)
    expect(citation?.quote).toMatch(/dogs may stay in the garden of the inn\.$/)
    expect(citation?.quote.length).toBeLessThanOrEqual(400)
    expect(sentence).toContain(citation?.quote)
  })

  it('quotes the sentence that bears out the statement, word for word, and opens the page at it', () => {
    const [citation] = prove('The Pro plan has 5,000 messages [1].', only(0), publicUrl)
    expect(citation).toEqual({
      index: 1,
      title: 'Page 1',
      quote: 'The Pro plan has 5,000 messages a month.',
      url: 'https://example.com/plans#:~:text=The%20Pro%20plan%20has%205%2C000%20messages%20a%20month.',
    })
  })

  it('quotes what several statements rest on as one, where it stands together', () => {
    const text = 'Keys are free. The office is in Bonn. It opens at nine. Dogs may stay in the garden. Cats may not.'
    const [citation] = prove(
      'The office is in Bonn [1]. Dogs may stay in the garden [1].',
      [passage(5, text, 'https://example.com/house')],
      publicUrl,
    )
    expect(citation).toMatchObject({
      quote: 'The office is in Bonn. It opens at nine. Dogs may stay in the garden.',
      url: 'https://example.com/house#:~:text=The%20office%20is%20in,stay%20in%20the%20garden.',
    })
  })

  it('quotes the best of what stands far apart, and marks all of it on the page', () => {
    const text = `The office is in Bonn. ${'Nothing of this is asked for. '.repeat(20)}Dogs may stay in the garden.`
    const [citation] = prove(
      'Our office is in Bonn today [1]. Dogs may stay in the garden [1].',
      [passage(5, text, 'https://example.com/house')],
      publicUrl,
    )
    expect(citation).toMatchObject({
      quote: 'Dogs may stay in the garden.',
      url: 'https://example.com/house#:~:text=Dogs%20may%20stay%20in%20the%20garden.&text=The%20office%20is%20in%20Bonn.',
    })
  })

  it('gives nothing where no sentence of the passage says so', () => {
    expect(prove('Penguins live in Antarctica [1].', only(0), publicUrl)).toEqual([])
  })

  it('opens a path on this server, and a long quote by its first and last words', () => {
    const [citation] = prove('Open from nine to five on weekdays [1].', only(1), publicUrl)
    expect(citation?.url).toBe(
      'https://chat.example.org/docs/office/#:~:text=It%20is%20open%20from,to%20five%20on%20weekdays.',
    )
  })

  it('names the page of a PDF, and opens it there', () => {
    const pdf = {
      ...passage(5, 'Keys are free. The office is open on Mondays.', 'https://example.com/a.pdf#x'),
      page: 7,
    }
    expect(prove('The office is open on Mondays [1].', [pdf], publicUrl)).toMatchObject([
      { title: 'Page 5, page 7', url: 'https://example.com/a.pdf#page=7' },
    ])
  })

  it('opens a passage that goes over several pages at the one that the quote begins on', () => {
    const text = 'Keys are free. The office is open on Mondays. Dogs may stay in the garden.'
    const pageStarts = [text.indexOf('The office'), text.indexOf('Dogs')]
    const pdf = { ...passage(5, text, 'https://example.com/a.pdf'), page: 7, pageStarts }
    for (const [claim, page] of [
      ['Keys are free', 7],
      ['The office is open on Mondays', 8],
      ['Dogs may stay in the garden', 9],
    ] as const) {
      expect(prove(`${claim} [1].`, [pdf], publicUrl)).toMatchObject([
        { title: `Page 5, page ${page}`, url: `https://example.com/a.pdf#page=${page}` },
      ])
    }
  })

  it('has no url where there is none, and keeps underscores inside words', () => {
    expect(prove('About api_key and bold words [1].', only(2), publicUrl)).toEqual([
      { index: 1, title: 'Page 3', url: null, quote: 'Pasted text about `api_key` and **bold** words that stay here.' },
    ])
    const [linked] = prove(
      'About api_key and bold words [1].',
      [{ ...passage(4, passages[2]?.text ?? ''), url: '/p' }],
      publicUrl,
    )
    expect(linked?.url).toContain('text=Pasted%20text%20about%20api_key,words')
  })

  it('is done with a source that is cited a hundred thousand times', () => {
    const [citation] = prove('Our office is in Bonn [1]. '.repeat(100_000), only(1), publicUrl)
    expect(citation?.quote).toBe('Our office is in Bonn.')
  })

  it('never links to anything but http and https', () => {
    const bad = { ...passage(5, 'Click here for the offer of today.'), url: 'javascript:alert(1)' }
    expect(prove('Click here for the offer of today [1].', [bad], publicUrl)[0]?.url).toBeNull()
  })
})
