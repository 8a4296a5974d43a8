/**
 * How well the main content of web pages is found: `node bench/eval-extraction.ts DIR [--json] [--worst N]`.
 * DIR holds the article-extraction-benchmark (`ground-truth.json`, `html/*.html.gz`; F1 of the mean precision and recall
 * of 4-gram shingles, as its `evaluate.py` has it) or a part of WCXB (`ground-truth/*.json`, `html/*.html.gz`; the mean
 * of each page's F1 by words), at any depth.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { extract } from '../server/src/ingest/extract.ts'
import { ReadProblem } from '../server/src/ingest/read-problem.ts'
import { casesIn, type Labelled } from './extraction-sets.ts'

interface Score {
  precision: number
  recall: number
  f1: number
}

/** The extracted text, less what Markdown itself adds in letters and digits. */
function textOf({ url, html }: Labelled): string {
  try {
    const { markdown } = extract({ url, contentType: 'text/html', charset: null, body: gunzipSync(readFileSync(html)) })
    return markdown.replace(/^([ >]*)\d+\. /gm, '$1').replace(/^(`{3,})[\w+#-]+$/gm, '$1')
  } catch (error) {
    if (error instanceof ReadProblem) return ''
    throw error
  }
}

const wordsOf = (text: string) => text.match(/[\p{L}\p{N}_]+/gu) ?? []

function shinglesOf(text: string): string[] {
  const words = wordsOf(text)
  return Array.from({ length: Math.max(1, words.length - 3) }, (_, at) => words.slice(at, at + 4).join(' ')).filter(
    (shingle) => shingle !== '',
  )
}

function scoreOf(expected: string[], found: string[]): Score {
  if (expected.length === 0 && found.length === 0) return { precision: 1, recall: 1, f1: 1 }
  const left = new Map<string, number>()
  for (const one of expected) left.set(one, (left.get(one) ?? 0) + 1)
  let common = 0
  for (const one of found) {
    const count = left.get(one) ?? 0
    if (count > 0) common++
    left.set(one, count - 1)
  }
  const precision = found.length > 0 ? common / found.length : 0
  const recall = expected.length > 0 ? common / expected.length : 0
  return { precision, recall, f1: common > 0 ? (2 * precision * recall) / (precision + recall) : 0 }
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** As each set defines it: precision is of the pages where something was found, recall of those where there is something. */
function summary(set: Labelled['set'], pages: { found: string[]; expected: string[]; score: Score }[]): Score {
  const precision = mean(pages.filter(({ found }) => found.length > 0).map(({ score }) => score.precision))
  const recall = mean(pages.filter(({ expected }) => expected.length > 0).map(({ score }) => score.recall))
  const f1 = set === 'wcxb' ? mean(pages.map(({ score }) => score.f1)) : (2 * precision * recall) / (precision + recall)
  return { precision, recall, f1 }
}

const [dir, ...flags] = process.argv.slice(2)
if (!dir) {
  console.error('Usage: node bench/eval-extraction.ts DIR [--json] [--worst N]')
  process.exit(64)
}
const began = performance.now()
const pages = [...casesIn(dir)].map((one) => {
  const text = textOf(one)
  const unitsOf = one.set === 'wcxb' ? (part: string) => wordsOf(part.toLowerCase()) : shinglesOf
  const found = unitsOf(text)
  const expected = unitsOf(one.expected)
  return { ...one, text, found, expected, score: scoreOf(expected, found) }
})
const seconds = (performance.now() - began) / 1_000

const rows = Map.groupBy(pages, ({ set }) => set)
const results = [...rows].flatMap(([set, all]) => [
  { set, type: 'all', pages: all.length, ...summary(set, all) },
  ...[...Map.groupBy(all, ({ type }) => type)].map(([type, some]) => ({
    set,
    type,
    pages: some.length,
    ...summary(set, some),
  })),
])
if (flags.includes('--json')) {
  console.log(JSON.stringify({ results, seconds }, null, 2))
} else {
  for (const { set, type, pages: count, precision, recall, f1 } of results)
    console.log(
      `${set.padEnd(30)}${type.padEnd(15)}${String(count).padStart(4)} pages  F1 ${f1.toFixed(3)}  precision ${precision.toFixed(3)}  recall ${recall.toFixed(3)}`,
    )
  console.log(`${pages.length} pages in ${seconds.toFixed(1)} s`)
  const worst = Number(flags[flags.indexOf('--worst') + 1] || 0)
  for (const { set, type, id, url, score, found, expected } of pages
    .toSorted((one, other) => one.score.f1 - other.score.f1)
    .slice(0, flags.includes('--worst') ? worst : 0))
    console.log(
      `${score.f1.toFixed(3)} p ${score.precision.toFixed(2)} r ${score.recall.toFixed(2)} ${found.length}/${expected.length} ${set} ${type} ${id.slice(0, 8)} ${url}`,
    )
}
