import { describe, expect, it } from 'vitest'
import { readIdempotencyKey, readMessage, readSessionId, readVisitorId, readVisitorMetadata } from './request.ts'

const refused = (code: string) => expect.objectContaining({ code })
const caught = (read: () => unknown): unknown => {
  try {
    return read()
  } catch (error) {
    return error
  }
}

describe('readSessionId', () => {
  it('gives any UUID in lower case', () => {
    expect(readSessionId('3F2504E0-4F89-41D3-9A0C-0305E82C3301')).toBe('3f2504e0-4f89-41d3-9a0c-0305e82c3301')
    expect(readSessionId('01890a5d-ac96-774b-bcce-b302099a8057')).toBe('01890a5d-ac96-774b-bcce-b302099a8057')
  })

  it.each([
    undefined,
    null,
    1,
    [],
    '',
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '3f2504e04f8941d39a0c0305e82c3301',
    '{3f2504e0-4f89-41d3-9a0c-0305e82c3301}',
    '3f2504e0-4f89-41d3-9a0c-0305e82c3301\n',
  ])('refuses %j', (value) => expect(caught(() => readSessionId(value))).toEqual(refused('invalid_session_id')))
})

describe('readMessage', () => {
  it.each([
    undefined,
    null,
    1,
    {},
    '',
    ' \n\t',
    '\u200b\u2060',
    '\u202e',
    '\u0001\u007f',
    '\ufe0f\u200d',
    '\u2800',
    '\u3164',
    '\u00ad',
  ])('refuses %j, which shows nothing', (value) =>
    expect(caught(() => readMessage(value))).toEqual(refused('invalid_message')),
  )

  it('counts code points as sent: 4,000 pass, 4,001 do not', () => {
    expect(readMessage('😀'.repeat(4_000))).toHaveLength(8_000)
    expect(caught(() => readMessage('a'.repeat(4_001)))).toEqual(refused('message_too_long'))
    expect(caught(() => readMessage(`a${' '.repeat(4_000)}`))).toEqual(refused('message_too_long'))
  })

  it('says that nothing is visible before it says that it is too long', () => {
    expect(caught(() => readMessage(' '.repeat(5_000)))).toEqual(refused('invalid_message'))
  })

  it('strips NUL and replaces lone surrogates', () => expect(readMessage('a\0b\ud800c')).toBe('ab\ufffdc'))
})

describe('readVisitorId', () => {
  it('is absent as null, and without NUL', () => {
    expect([undefined, null, 'a\0b'].map(readVisitorId)).toEqual([null, null, 'ab'])
  })
  it('takes 256 code points and no more', () => {
    expect(readVisitorId('😀'.repeat(256))).toHaveLength(512)
    expect(caught(() => readVisitorId('v'.repeat(257)))).toEqual(refused('invalid_visitor_id'))
    expect(caught(() => readVisitorId(1))).toEqual(refused('invalid_visitor_id'))
  })
})

describe('readVisitorMetadata', () => {
  it('takes an object of 50 keys and no more', () => {
    const keys = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i]))
    expect(readVisitorMetadata(keys(50))).toEqual(keys(50))
    expect(caught(() => readVisitorMetadata(keys(51)))).toEqual(refused('invalid_visitor_metadata'))
  })
  it.each([[[]], [1], ['x'], [{ big: 'x'.repeat(8_192) }]])('refuses %j', (value) =>
    expect(caught(() => readVisitorMetadata(value))).toEqual(refused('invalid_visitor_metadata')),
  )
  it('strips NUL and lone surrogates from keys and values, however deep', () => {
    expect(readVisitorMetadata({ 'a\0': ['b\0', { 'c\ud800': 'd\udc00' }] })).toEqual({
      a: ['b', { 'c\ufffd': 'd\ufffd' }],
    })
  })
  it.each(['__proto__\0', '\0__proto__', '__pro\0to__'])(
    'leaves out the key %j, which is __proto__ without NUL',
    (key) => {
      const kept = readVisitorMetadata({ [key]: { polluted: 1 }, deep: [{ [key]: 1, kept: 1 }] })
      expect(JSON.stringify(kept)).toBe('{"deep":[{"kept":1}]}')
    },
  )
})

describe('readIdempotencyKey', () => {
  it('takes visible ASCII and ignores the rest', () => {
    expect(readIdempotencyKey('k-1')).toBe('k-1')
    for (const value of [undefined, '', 'a b', 'é', 'k'.repeat(129), ['a', 'b']])
      expect(readIdempotencyKey(value)).toBeNull()
  })
})
