/** JSON as paths: `a.b[0].c: value`; each object of a list is a record by itself. Lines of JSON are such a list. */
import { jsonDepthOf } from '../platform/text/json-depth.ts'
import type { Extract } from './document.ts'
import { ReadProblem } from './read-problem.ts'
import { Records } from './records.ts'

const maxDepth = 64

export function extractJson(text: string): Extract {
  const json = text.replace(/^\ufeff/, '')
  if (json.trim() === '') throw new ReadProblem('no_text')
  if (jsonDepthOf(json, maxDepth) > maxDepth) throw new ReadProblem('too_complex')
  const records = new Records()
  const value = parseText(json)
  write(records, '', value)
  const title = isObject(value) && typeof value.title === 'string' ? value.title : ''
  return { title, language: null, canonicalUrl: null, markdown: records.markdown }
}

function parseText(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    const lines = json.split('\n').filter((line) => line.trim() !== '')
    if (lines.length < 2) throw new ReadProblem('file_invalid', { cause })
    return lines.map(parseLine)
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new ReadProblem('file_invalid', { cause })
  }
}

/** What stands in one object is one paragraph, less the lists of objects in it. */
function write(records: Records, path: string, value: unknown): void {
  if (records.isFull) return
  if (isList(value) && value.some((item) => isObject(item) || isList(item))) {
    for (const [at, item] of value.entries()) {
      if (isObject(item)) records.add(fieldsOf(item, '', () => {}))
      else write(records, `${path}[${at}]`, item)
    }
    return
  }
  const lists: [string, unknown][] = []
  const fields = fieldsOf(value, path, (at, list) => lists.push([at, list]))
  for (let at = 0; at < fields.length; at += linesPerParagraph)
    records.add(fields.slice(at, at + linesPerParagraph), '\n')
  for (const [at, list] of lists) {
    if (at !== '') records.add([['', `${at}:`]])
    write(records, at, list)
  }
}

const linesPerParagraph = 20

/** Every value with its path. A list of objects is handed to `onList` if that takes it, else it is written out. */
function fieldsOf(
  value: unknown,
  path: string,
  onList: (path: string, list: unknown[]) => unknown,
): [string, string][] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object') return [[path, String(value)]]
  if (!isList(value))
    return Object.entries(value).flatMap(([name, inner]) => fieldsOf(inner, joined(path, name), onList))
  if (!value.some((item) => typeof item === 'object' && item !== null)) return [[path, value.join(', ')]]
  if (onList(path, value) !== undefined) return []
  return value.flatMap((item, at) => fieldsOf(item, `${path}[${at}]`, onList))
}

function joined(path: string, name: string): string {
  const isPlain = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(name)
  if (!isPlain) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !isList(value)
}
