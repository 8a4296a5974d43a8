import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEventReader } from './event-stream.ts'

function eventsOf(parts: (string | Buffer)[]): string[] {
  const seen: string[] = []
  const reader = createEventReader(({ data }) => seen.push(data))
  for (const part of parts) reader.read(Buffer.from(part))
  reader.end()
  return seen
}

describe('events of a stream', () => {
  test.each([
    ['LF', 'data: a\n\ndata: b\n\n'],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n'],
    ['CR alone', 'data: a\r\rdata: b\r\r'],
    ['no space after the colon', 'data:a\n\ndata:b\n\n'],
    ['a byte order mark', '\uFEFFdata: a\n\ndata: b\n\n'],
    ['comments between', ': hello\n\ndata: a\n: still here\n\n:\n\ndata: b\n\n'],
    ['other fields', 'id: 1\nevent: x\nretry: 5\ndata: a\n\nunknown: y\ndata: b\n\n'],
    ['no blank line at the end', 'data: a\n\ndata: b'],
  ])('%s', (_, text) => {
    expect(eventsOf([text])).toEqual(['a', 'b'])
  })

  test('several data lines are one event', () => {
    expect(eventsOf(['data: a\ndata: b\n\n'])).toEqual(['a\nb'])
  })

  test('the same events wherever the bytes are cut', () => {
    const bytes = Buffer.from('\uFEFFdata: é漢🎉\r\n\r\n: x\r\ndata:two\r\ndata: lines\r\n\r\ndata: last\n\n')
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: bytes.length })).map((some) => some.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(cuts, (at) => {
        const parts = [0, ...at].map((start, i) => bytes.subarray(start, at[i] ?? bytes.length))
        expect(eventsOf(parts)).toEqual(['é漢🎉', 'two\nlines', 'last'])
      }),
    )
  })

  test('an event longer than a megabyte is refused before it is held whole', () => {
    const piece = Buffer.alloc(64 * 1024, 'a')
    const reader = createEventReader(() => {})
    reader.read(Buffer.from('data: '))
    let pieces = 0
    expect(() => {
      for (; pieces < 160; pieces++) reader.read(piece)
    }).toThrow(RangeError)
    expect(pieces).toBeLessThan(17)
  })
})
