/**
 * How well the main content of web pages is found: `npm run eval:extraction -- DIR [--json] [--worst N]`. DIR holds the
 * article-extraction-benchmark (`ground-truth.json`, `html/*.html.gz`; F1 of the mean precision and recall of 4-gram
 * shingles, as its `evaluate.py` has it) or a part of WCXB (`ground-truth/*.json`, `html/*.html.gz`; the mean of each
 * page's F1 by words), at any depth. Each page goes through the thread that reads what is fetched, under its limits.
 */
import { ReadProblem } from '../server/src/ingest/read-problem.ts'
import { openReader, type Reader } from '../server/src/ingest/reader.ts'
import { mean, runEval, type Scores, UsageError } from './evals.ts'
import { casesIn, type Labelled } from './extraction-sets.ts'

interface Score {
  precision: number
  recall: number
  f1: number
}

interface Scored extends Labelled {
  found: string[]
  wanted: string[]
  score: Score
  ms: number
}

await runEval('extraction', ['worst'], async (dir, { worst }) => {
  const cases = casesIn(dir)
  if (cases.length === 0)
    throw new UsageError(`There are no labelled pages in ${dir}: no ground-truth.json or ground-truth/ beside html/.`)
  await using reader = openReader()
  const pages: Scored[] = []
  for (const one of cases) pages.push(await scored(reader, one))
  for (const page of pages.toSorted((one, other) => one.score.f1 - other.score.f1).slice(0, Number(worst ?? 0)))
    console.log(lineOf(page))
  const sets = [...Map.groupBy(pages, ({ set }) => set)]
  console.table(sets.flatMap(([set, all]) => byType(set, all)))
  return sets.map(
    ([set, all]): Scores => ({ set, ...summary(all), pages: all.length, page_ms: mean(all.map(({ ms }) => ms)) }),
  )
})

async function scored(reader: Reader, one: Labelled): Promise<Scored> {
  const began = performance.now()
  const text = await textOf(reader, one)
  const ms = performance.now() - began
  const unitsOf = one.units === 'words' ? (part: string) => wordsOf(part.toLowerCase()) : shinglesOf
  const [found, wanted] = [unitsOf(text), unitsOf(one.expected)]
  return { ...one, found, wanted, score: scoreOf(wanted, found), ms }
}

/** The extracted text, less what Markdown itself adds in letters and digits. */
async function textOf(reader: Reader, { url, html }: Labelled): Promise<string> {
  try {
    const { markdown } = await reader.extract({ url, contentType: 'text/html', charset: null, body: html() })
    return markdown.replace(/^([ >]*)\d+\. /gm, '$1').replace(/^(`{3,})[\w+#-]+$/gm, '$1')
  } catch (error) {
    if (error instanceof ReadProblem) return ''
    throw error
  }
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+/gu) ?? []
}

function shinglesOf(text: string): string[] {
  const words = wordsOf(text)
  return Array.from({ length: Math.max(1, words.length - 3) }, (_, at) => words.slice(at, at + 4).join(' ')).filter(
    (shingle) => shingle !== '',
  )
}

function scoreOf(wanted: string[], found: string[]): Score {
  if (wanted.length === 0 && found.length === 0) return { precision: 1, recall: 1, f1: 1 }
  const left = new Map<string, number>()
  for (const one of wanted) left.set(one, (left.get(one) ?? 0) + 1)
  let common = 0
  for (const one of found) {
    const count = left.get(one) ?? 0
    if (count > 0) common++
    left.set(one, count - 1)
  }
  const precision = found.length > 0 ? common / found.length : 0
  const recall = wanted.length > 0 ? common / wanted.length : 0
  return { precision, recall, f1: common > 0 ? (2 * precision * recall) / (precision + recall) : 0 }
}

/** As each set defines it: precision is of the pages where something was found, recall of those where there is something. */
function summary(pages: Scored[]): Score {
  const precision = mean(pages.filter(({ found }) => found.length > 0).map(({ score }) => score.precision))
  const recall = mean(pages.filter(({ wanted }) => wanted.length > 0).map(({ score }) => score.recall))
  const isMeanOfPages = pages[0]?.units === 'words'
  const f1 = isMeanOfPages
    ? mean(pages.map(({ score }) => score.f1))
    : (2 * precision * recall) / (precision + recall || 1)
  return { f1, precision, recall }
}

function byType(set: string, pages: Scored[]) {
  const types = [...Map.groupBy(pages, ({ type }) => type)]
  if (types.length === 1) return []
  return types.map(([type, some]) => {
    const { f1, precision, recall } = summary(some)
    const shown = { f1: f1.toFixed(3), precision: precision.toFixed(3), recall: recall.toFixed(3) }
    return { set, type, pages: some.length, ...shown }
  })
}

function lineOf({ set, type, id, url, score, found, wanted }: Scored): string {
  const { f1, precision, recall } = score
  return `${f1.toFixed(3)} p ${precision.toFixed(2)} r ${recall.toFixed(2)} ${found.length}/${wanted.length} ${set} ${type} ${id.slice(0, 8)} ${url}`
}
