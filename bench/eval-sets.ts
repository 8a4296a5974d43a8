/** Retrieval sets on disk as BEIR lays them out: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`; some with answers. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { analysisOf } from '../server/src/platform/text/analysis.ts'
import { UsageError } from './evals.ts'

export interface RetrievalSet {
  name: string
  folder: string
  isEnglish: boolean
  documents: { id: string; title: string; text: string }[]
  /** Those of which it is known what is relevant. `answer` is null where the set has none. */
  queries: { id: string; text: string; answer: string | null }[]
  /** Questions akin to the others that no document answers. */
  unanswerable: string[]
  /** Relevance by document, by query. */
  relevant: Map<string, Map<string, number>>
}

/** The set that the folder is, or those in it. Throws UsageError when there is none. */
export function readSets(dir: string): RetrievalSet[] {
  const corpus = 'corpus.jsonl'
  const folders = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => basename(path) === corpus)
    .map((path) => resolve(dir, dirname(path)))
    .sort()
  if (folders.length === 0)
    throw new UsageError(`There is no set in ${dir}: neither it nor a folder in it has ${corpus}.`)
  return folders.map(readSet)
}

function readSet(folder: string): RetrievalSet {
  const relevant = readRelevant(folder)
  const documents = jsonLines(folder, 'corpus.jsonl').map(({ _id, title, text }) => ({
    id: String(_id),
    title: textOr(title, ''),
    text: textOr(text, ''),
  }))
  const queries = jsonLines(folder, 'queries.jsonl')
    .map(({ _id, text, answer }) => ({
      id: String(_id),
      text: textOr(text, ''),
      answer: typeof answer === 'string' && answer.trim() !== '' ? answer : null,
    }))
    .filter(({ id }) => relevant.has(id))
  if (documents.length === 0) throw new UsageError(`The set ${folder} has no documents.`)
  if (queries.length === 0)
    throw new UsageError(`The set ${folder} has no query of which qrels.tsv says what is relevant.`)
  const english = documents.slice(0, 100).map(({ text }) => analysisOf(text, null) === 'english')
  return {
    name: basename(folder),
    folder,
    isEnglish: english.filter(Boolean).length * 2 > english.length,
    documents,
    queries,
    unanswerable: existsSync(join(folder, 'unanswerable.jsonl'))
      ? jsonLines(folder, 'unanswerable.jsonl').map(({ text }) => textOr(text, ''))
      : [],
    relevant,
  }
}

function readRelevant(folder: string): RetrievalSet['relevant'] {
  const relevant: RetrievalSet['relevant'] = new Map()
  for (const line of lines(folder, 'qrels.tsv')) {
    const [query = '', document = '', score = ''] = line.split('\t')
    // Not so of the header.
    if (!(Number(score) > 0)) continue
    const documents = relevant.get(query) ?? new Map<string, number>()
    relevant.set(query, documents.set(document, Number(score)))
  }
  return relevant
}

/** Questions of everyday life that no set answers, where `clinc_oos.json` lies in the folder, beside it, or beside the set. */
export function offTopicQuestions(dir: string, set: RetrievalSet): string[] {
  const path = [dir, resolve(dir, '..'), set.folder, resolve(set.folder, '..')]
    .map((folder) => join(folder, 'clinc_oos.json'))
    .find((file) => existsSync(file))
  if (!path) return []
  const { oos } = JSON.parse(readFileSync(path, 'utf8')) as { oos?: unknown }
  if (!Array.isArray(oos)) throw new UsageError(`${path} has no list "oos".`)
  return oos.map((question) => (typeof question === 'string' ? question : String(question?.[0])))
}

function jsonLines(folder: string, file: string): Record<string, unknown>[] {
  return lines(folder, file).map((line, at) => {
    try {
      return JSON.parse(line) as Record<string, unknown>
    } catch {
      throw new UsageError(`Line ${at + 1} of ${join(folder, file)} is not JSON.`)
    }
  })
}

function lines(folder: string, file: string): string[] {
  const path = join(folder, file)
  if (!existsSync(path)) throw new UsageError(`The set ${folder} has no ${file}.`)
  return readFileSync(path, 'utf8').split(/\r?\n/).filter(Boolean)
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
