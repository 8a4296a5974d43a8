/** Retrieval sets on disk as BEIR lays them out: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

export interface RetrievalSet {
  name: string
  documents: { id: string; title: string; text: string }[]
  queries: { id: string; text: string }[]
  /** Relevance by document, by query. */
  relevant: Map<string, Map<string, number>>
}

/** The sets of a folder, or the one that the folder is. */
export function setFolders(dir: string): string[] {
  const isSet = (folder: string) => existsSync(join(folder, 'corpus.jsonl'))
  if (isSet(dir)) return [resolve(dir)]
  return readdirSync(dir)
    .sort()
    .map((name) => resolve(dir, name))
    .filter(isSet)
}

export function readSet(folder: string): RetrievalSet {
  const relevant = new Map<string, Map<string, number>>()
  for (const line of lines(folder, 'qrels.tsv').slice(1)) {
    const [query = '', document = '', score = ''] = line.split('\t')
    const documents = relevant.get(query) ?? new Map<string, number>()
    relevant.set(query, documents.set(document, Number(score)))
  }
  return {
    name: basename(folder),
    documents: lines(folder, 'corpus.jsonl').map((line) => {
      const { _id, title, text } = JSON.parse(line) as { _id: string; title?: string; text: string }
      return { id: _id, title: title ?? '', text }
    }),
    queries: lines(folder, 'queries.jsonl')
      .map((line) => JSON.parse(line) as { _id: string; text: string })
      .map(({ _id, text }) => ({ id: _id, text }))
      .filter(({ id }) => relevant.has(id)),
    relevant,
  }
}

/** Questions that no set answers, where `clinc_oos.json` lies in the folder of sets or in the one above a set. */
export function offTopicQuestions(dir: string): string[] {
  const path = [dir, resolve(dir, '..')]
    .map((folder) => join(folder, 'clinc_oos.json'))
    .find((file) => existsSync(file))
  if (!path) return []
  const { oos } = JSON.parse(readFileSync(path, 'utf8')) as { oos: string[] }
  return oos
}

function lines(folder: string, file: string): string[] {
  return readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean)
}
