import { describe, expect, test } from 'vitest'
import { extractText } from './extract.ts'

function read(body: string | Uint8Array, contentType: string) {
  return extractText({ url: null, contentType, charset: null, body: Buffer.from(body) })
}

describe('CSV › a record a row, under the names of its header', () => {
  const csv = (body: string | Uint8Array) => read(body, 'text/csv').markdown

  test.each([
    ['commas', 'Name,City\nAnna,Bern\nBea,"Basel, Stadt"\n'],
    ['semicolons and a byte order mark', '\ufeffName;City\r\nAnna;Bern\r\nBea;"Basel, Stadt"\r\n'],
    ['tabs', 'Name\tCity\nAnna\tBern\nBea\tBasel, Stadt\n'],
    ['UTF-16', Buffer.from('\ufeffName;City\nAnna;Bern\nBea;Basel, Stadt', 'utf16le')],
  ])('%s', (_name, body) => {
    expect(csv(body)).toBe('Name: Anna · City: Bern\n\nName: Bea · City: Basel, Stadt')
  })

  test('ragged rows, empty lines, quotes in the middle and line breaks in a value are tolerated', () => {
    expect(csv('Name,City,Note\nAnna\n\nBea,Basel,5" wide,more\n"Cleo","a\nb",\n')).toBe(
      'Name: Anna\n\nName: Bea · City: Basel · Note: 5" wide · Column 4: more\n\nName: Cleo · City: a b',
    )
  })

  test('without a header the values stand alone', () => {
    expect(csv('1,2\n3,4')).toBe('1 · 2\n\n3 · 4')
  })

  test('a name that looks like a heading is none', () => {
    expect(csv('# Price,Name\n4,Anna')).toBe('\\# Price: 4 · Name: Anna')
  })

  test('what is no text › file_invalid; nothing in it › no_text', () => {
    expect(() => csv('a\0b')).toThrow('damaged')
    expect(() => csv('')).toThrow('No text')
  })

  test.each([
    [
      'shift_jis',
      [0x96, 0xbc, 0x91, 0x4f, 0x2c, 0x82, 0xdc, 0x82, 0xbf, 0x0a, 0x82, 0xb3, 0x2c, 0x82, 0xab],
      '名前: さ · まち: き',
    ],
    [
      'windows-1251',
      [0xc8, 0xec, 0xff, 0x2c, 0xc3, 0xee, 0xf0, 0xee, 0xe4, 0x0a, 0xc0, 0xed, 0xed, 0xe0, 0x2c, 0xd3, 0xf4, 0xe0],
      'Имя: Анна · Город: Уфа',
    ],
    [
      'windows-1252',
      [0x4e, 0x2c, 0x53, 0x0a, 0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72, 0x2c, 0x5a, 0xfc, 0x72, 0x69, 0x63, 0x68],
      'N: Müller · S: Zürich',
    ],
  ])('%s is recognised though nobody says so', (_name, bytes, markdown) => {
    expect(csv(Uint8Array.from(bytes))).toBe(markdown)
  })
})

describe('JSON › paths and values', () => {
  const json = (value: unknown) => read(typeof value === 'string' ? value : JSON.stringify(value), 'application/json')

  test('an object › a path a line; a list of objects › a record each', () => {
    const { title, markdown } = json({
      title: 'Shop',
      a: {
        b: [
          { c: 'x', d: { e: 1 } },
          { c: 'y', f: [1, 2] },
        ],
        open: true,
        none: null,
      },
      'with space': 'z',
      tags: ['one', 'two'],
    })
    expect(title).toBe('Shop')
    expect(markdown).toBe(
      'title: Shop\na.open: true\n["with space"]: z\ntags: one, two\n\na.b:\n\nc: x · d.e: 1\n\nc: y · f: 1, 2',
    )
  })

  test('lists in lists and in records keep their place', () => {
    expect(json([{ a: [{ b: 1 }, { b: 2 }] }]).markdown).toBe('a[0].b: 1 · a[1].b: 2')
    expect(json({ m: [[1, 2], [3]] }).markdown).toBe('m:\n\nm[0]: 1, 2\n\nm[1]: 3')
  })

  test('lines of JSON are a list', () => {
    expect(json('{"a":1}\n{"a":2}\n').markdown).toBe('a: 1\n\na: 2')
  })

  test('broken › file_invalid; a million levels › too_complex; nothing › no_text', () => {
    expect(() => json('{"a":')).toThrow('damaged')
    expect(() => json('{"a":1}\n{"a":')).toThrow('damaged')
    expect(() => json('['.repeat(1_000_000))).toThrow('nested')
    expect(() => json(' ')).toThrow('No text')
    expect(() => json('{}')).toThrow('No text')
  })
})
