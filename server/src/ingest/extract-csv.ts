/** A table of comma-separated values (RFC 4180, and what programs make of it): each row a record under the header's names. */
import { parse } from 'csv-parse/sync'
import type { Extract } from './document.ts'
import { ReadProblem } from './read-problem.ts'
import { Records } from './records.ts'

export function extractCsv(text: string): Extract {
  if (text.slice(0, 4_096).includes('\0')) throw new ReadProblem('file_invalid')
  const rows = rowsOf(text)
  const [first = [], ...others] = rows
  const header = isHeader(first, others) ? first : null
  const records = new Records()
  for (const row of header ? others : rows) {
    if (records.isFull) break
    records.add(row.map((value, at) => [header ? header[at] || `Column ${at + 1}` : '', value]))
  }
  // A header alone is still something that stands in the file.
  if (header && others.length === 0) records.add(header.map((name) => ['', name]))
  return { title: '', language: null, canonicalUrl: null, markdown: records.markdown }
}

/** Rows may be shorter or longer than the header, and a quote in the middle of a value is a character. */
function rowsOf(text: string): string[][] {
  try {
    return parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 1_000_000,
    })
  } catch (cause) {
    throw new ReadProblem('file_invalid', { cause })
  }
}

const delimiters = [',', ';', '\t', '|']

/** The one that cuts the first lines into the most cells of equal number; what stands in quotes does not count. */
function delimiterOf(text: string): string {
  const lines = text
    .slice(0, 20_000)
    .replace(/"[^"]*"/g, '')
    .split(/\r\n?|\n/)
    .filter((line) => line.trim() !== '')
    .slice(0, 20)
  const named = delimiters.map((delimiter) => {
    const counts = lines.map((line) => line.split(delimiter).length)
    const usual = counts.toSorted((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 1
    return { delimiter, score: usual < 2 ? 0 : counts.filter((count) => count === usual).length + usual / 1_000 }
  })
  return named.reduce((best, one) => (one.score > best.score ? one : best), { delimiter: ',', score: 0 }).delimiter
}

/** Names are neither empty nor numbers, and no two are alike. */
function isHeader(first: string[], others: string[][]): boolean {
  const names = first.filter((name) => name !== '')
  const isNamed = names.length > 0 && names.length >= Math.max(1, first.length - 1)
  return (
    isNamed && new Set(names).size === names.length && !names.some(isNumber) && (others.length > 0 || names.length > 1)
  )
}

function isNumber(text: string): boolean {
  return /^[\d\s.,:/%€$£+-]+$/.test(text)
}
