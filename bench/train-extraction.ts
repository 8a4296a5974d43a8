/**
 * Learns what is content: `node bench/train-extraction.ts DIR [--write] [--folds N]` with the sets that
 * `bench/eval-extraction.ts` reads. Boosted trees on the blocks' features; a block's label is the share of its words that
 * stand in the page's content, its weight its part of the page. Without `--write` it only tells, by cross-validation over
 * whole pages, how the model does on pages it has not seen; with it, `server/src/ingest/content-model.json` is written.
 */
import { writeFileSync } from 'node:fs'
import { decodeHtml } from '../server/src/ingest/charset.ts'
import { type Block, blocksOf } from '../server/src/ingest/content-blocks.ts'
import { featuresOf } from '../server/src/ingest/content-features.ts'
import { chooseBlocks, contentProbabilities, leafOf, sigmoid, type Tree } from '../server/src/ingest/content-model.ts'
import { headOf } from '../server/src/ingest/html-head.ts'
import { type Element, elementsIn, parseHtml } from '../server/src/ingest/html-tree.ts'
import { casesIn, type Labelled } from './extraction-sets.ts'

interface Row {
  features: number[]
  label: number
  weight: number
}

interface Page {
  set: string
  type: string
  contentWords: number
  words: number[]
  rows: Row[]
  /** Of a small page made from this one. */
  smallRows: Row[]
}

const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
const phraseLength = 3

function pageOf(labelled: Labelled): Page {
  const { set, type, expected, html } = labelled
  const content = wordsOf(expected)
  const known = new Set<string>()
  for (let length = 1; length <= phraseLength; length++)
    for (let at = 0; at + length <= content.length; at++) known.add(content.slice(at, at + length).join(' '))
  const lines = new Set(expected.split('\n').map((line) => wordsOf(line).join(' ')))

  const labelOf = (block: Block): number => {
    const words = wordsOf(block.text)
    const phrase = words.join(' ')
    if (words.length < phraseLength) return lines.has(phrase) ? 1 : known.has(phrase) ? 0.5 : 0
    const phrases = words.slice(phraseLength - 1).map((_, at) => words.slice(at, at + phraseLength).join(' '))
    return phrases.filter((one) => known.has(one)).length / phrases.length
  }
  const root = parseHtml(decodeHtml(html(), null))
  const blocks = blocksOf(root)
  const rows = rowsOf(root, blocks, blocks.map(labelOf))
  const small = shortened(root, blocks, rows)
  return {
    set,
    type,
    contentWords: content.length,
    words: blocks.map(({ text }) => wordsOf(text).length),
    rows,
    smallRows: rowsOf(root, small, small.map(labelOf)),
  }
}

function rowsOf(root: Element, blocks: Block[], labels: number[]): Row[] {
  const weights = blocks.map(({ text }) => Math.sqrt(wordsOf(text).length + 1))
  const total = Math.max(
    1,
    weights.reduce((sum, one) => sum + one, 0),
  )
  const { title } = headOf(root, null)
  return featuresOf(root, blocks, title).map((features, at) => ({
    features,
    label: labels[at] ?? 0,
    weight: (300 * (weights[at] ?? 0)) / total,
  }))
}

/**
 * The same page as a small site might have it, since the sets hold none: a few blocks of its content in a row, some of
 * the rest, and half of the time no classes. Changes the tree.
 */
function shortened(root: Element, blocks: Block[], rows: Row[]): Block[] {
  const random = randomFrom(blocks.length)
  const isContent = (at: number) => (rows[at]?.label ?? 0) >= 0.5
  const content = [...blocks.keys()].filter(isContent)
  const length = 2 + Math.floor(random() * 24)
  const from = Math.floor(random() * Math.max(1, content.length - length))
  const kept = new Set(content.slice(from, from + length))
  const keptOfRest = random()
  let isRunKept = false
  for (const [at, block] of blocks.entries()) {
    if (at % 6 === 0) isRunKept = random() < keptOfRest
    if (isContent(at) ? kept.has(at) : isRunKept) continue
    for (let child = block.from; child < block.to; child++) block.parent.children[child] = ''
  }
  if (random() < 0.5)
    for (const { attributes } of elementsIn(root)) {
      delete attributes.class
      delete attributes.id
    }
  return blocksOf(root)
}

const settings = {
  trees: 150,
  leaves: 31,
  rate: 0.1,
  bins: 48,
  rowShare: 0.6,
  featureShare: 0.3,
  minRows: 60,
  ridge: 5,
}

/** The same numbers each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

/** For each feature the values that part the rows into bins of about equal size. */
function edgesOf(rows: Row[]): number[][] {
  const count = rows[0]?.features.length ?? 0
  return Array.from({ length: count }, (_, feature) => {
    const values = Float64Array.from(rows, (row) => row.features[feature] ?? 0).sort()
    const edges = new Set<number>()
    for (let bin = 1; bin < settings.bins; bin++)
      edges.add(values[Math.floor((bin * values.length) / settings.bins)] ?? 0)
    return [...edges].sort((a, b) => a - b)
  })
}

function binOf(edges: number[], value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= (edges[middle] ?? 0)) high = middle
    else low = middle + 1
  }
  return low
}

interface Split {
  gain: number
  feature: number
  bin: number
}

interface Leaf {
  members: Uint32Array
  split: Split | null
  tree: { value: number; feature?: number; atMost?: number; low?: Leaf; high?: Leaf }
}

function train(rows: Row[]): Tree[] {
  const random = randomFrom(1)
  const edges = edgesOf(rows)
  const binned = edges.map((some, feature) => Uint8Array.from(rows, (row) => binOf(some, row.features[feature] ?? 0)))
  const scores = new Float64Array(rows.length)
  const gradients = new Float64Array(rows.length)
  const curvatures = new Float64Array(rows.length)
  const trees: Tree[] = []
  for (let round = 0; round < settings.trees; round++) {
    for (const [at, { label, weight }] of rows.entries()) {
      const probability = sigmoid(scores[at] ?? 0)
      gradients[at] = weight * (probability - label)
      curvatures[at] = weight * Math.max(probability * (1 - probability), 1e-6)
    }
    const features = edges.map((_, feature) => feature).filter(() => random() < settings.featureShare)
    const members = Uint32Array.from(rows.keys().filter(() => random() < settings.rowShare))
    const tree = grow(members, features, { binned, edges, gradients, curvatures })
    trees.push(tree)
    for (const [at, row] of rows.entries()) scores[at] = (scores[at] ?? 0) + leafOf(tree, row.features)
  }
  return trees
}

interface Learning {
  binned: Uint8Array[]
  edges: number[][]
  gradients: Float64Array
  curvatures: Float64Array
}

/** Splits the leaf that gains most, until there are enough. */
function grow(members: Uint32Array, features: number[], learning: Learning): Tree {
  const root = leafFor(members, features, learning)
  const leaves = [root]
  while (leaves.length < settings.leaves) {
    const best = leaves.reduce((a, b) => ((b.split?.gain ?? 0) > (a.split?.gain ?? 0) ? b : a))
    if (!best.split || best.split.gain <= 1e-9) break
    const { feature, bin } = best.split
    const bins = learning.binned[feature] ?? new Uint8Array()
    best.tree.feature = feature
    best.tree.atMost = learning.edges[feature]?.[bin] ?? 0
    best.tree.low = leafFor(
      best.members.filter((at) => (bins[at] ?? 0) <= bin),
      features,
      learning,
    )
    best.tree.high = leafFor(
      best.members.filter((at) => (bins[at] ?? 0) > bin),
      features,
      learning,
    )
    leaves.splice(leaves.indexOf(best), 1, best.tree.low, best.tree.high)
  }
  return asTree(root)
}

function asTree({ tree }: Leaf): Tree {
  if (!tree.low || !tree.high) return rounded(tree.value)
  return [tree.feature ?? 0, rounded(tree.atMost ?? 0), asTree(tree.low), asTree(tree.high)]
}

const rounded = (value: number) => Number(value.toPrecision(5))

function leafFor(members: Uint32Array, features: number[], learning: Learning): Leaf {
  const { gradients, curvatures } = learning
  let gradient = 0
  let curvature = 0
  for (const at of members) {
    gradient += gradients[at] ?? 0
    curvature += curvatures[at] ?? 0
  }
  const value = (-settings.rate * gradient) / (curvature + settings.ridge)
  let split: Split | null = null
  for (const feature of features) {
    const found = bestSplit(members, feature, learning, gradient, curvature)
    if (found && found.gain > (split?.gain ?? 0)) split = found
  }
  return { members, split, tree: { value } }
}

function bestSplit(
  members: Uint32Array,
  feature: number,
  { binned, edges, gradients, curvatures }: Learning,
  gradient: number,
  curvature: number,
): Split | null {
  const bins = binned[feature] ?? new Uint8Array()
  const size = (edges[feature]?.length ?? 0) + 1
  const gradientSums = new Float64Array(size)
  const curvatureSums = new Float64Array(size)
  const counts = new Uint32Array(size)
  for (const at of members) {
    const bin = bins[at] ?? 0
    gradientSums[bin] = (gradientSums[bin] ?? 0) + (gradients[at] ?? 0)
    curvatureSums[bin] = (curvatureSums[bin] ?? 0) + (curvatures[at] ?? 0)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const worth = (g: number, h: number) => (g * g) / (h + settings.ridge)
  let best: Split | null = null
  let lowGradient = 0
  let lowCurvature = 0
  let lowCount = 0
  for (let bin = 0; bin < size - 1; bin++) {
    lowGradient += gradientSums[bin] ?? 0
    lowCurvature += curvatureSums[bin] ?? 0
    lowCount += counts[bin] ?? 0
    if (lowCount < settings.minRows) continue
    if (members.length - lowCount < settings.minRows) break
    const gain =
      worth(lowGradient, lowCurvature) +
      worth(gradient - lowGradient, curvature - lowCurvature) -
      worth(gradient, curvature)
    if (gain > (best?.gain ?? 0)) best = { gain, feature, bin }
  }
  return best
}

interface Score {
  precision: number
  recall: number
  f1: number
}

/** By words, as the labels have them. */
function scoreOf(page: Page, trees: Tree[]): Score {
  const probabilities = contentProbabilities(
    page.rows.map(({ features }) => features),
    trees,
  )
  const chosen = chooseBlocks(page.words, probabilities)
  let taken = 0
  let hits = 0
  for (const [at, isChosen] of chosen.entries()) {
    if (!isChosen) continue
    taken += page.words[at] ?? 0
    hits += (page.words[at] ?? 0) * (page.rows[at]?.label ?? 0)
  }
  hits = Math.min(hits, page.contentWords)
  const precision = taken > 0 ? hits / taken : 0
  const recall = page.contentWords > 0 ? hits / page.contentWords : 0
  return { precision, recall, f1: taken + page.contentWords > 0 ? (2 * hits) / (taken + page.contentWords) : 1 }
}

const [dir, ...flags] = process.argv.slice(2)
if (!dir) {
  console.error('Usage: node bench/train-extraction.ts DIR [--write] [--folds N]')
  process.exit(64)
}
const pages = casesIn(dir).map(pageOf)
const folds = Number(flags[flags.indexOf('--folds') + 1] || 4)
if (flags.includes('--write')) {
  const model = train(pages.flatMap(({ rows, smallRows }) => [...rows, ...smallRows]))
  writeFileSync(
    new URL('../server/src/ingest/content-model.json', import.meta.url),
    `[\n${model.map((tree) => JSON.stringify(tree)).join(',\n')}\n]\n`,
  )
} else {
  const random = randomFrom(7)
  const foldOf = pages.map(() => Math.floor(random() * folds))
  const scores = new Map<string, Score[]>()
  for (let fold = 0; fold < folds; fold++) {
    const model = train(
      pages.filter((_, at) => foldOf[at] !== fold).flatMap(({ rows, smallRows }) => [...rows, ...smallRows]),
    )
    for (const page of pages.filter((_, at) => foldOf[at] === fold))
      for (const name of [`${page.set}, all`, `${page.set}, ${page.type}`])
        scores.set(name, [...(scores.get(name) ?? []), scoreOf(page, model)])
  }
  for (const [name, some] of scores) {
    const mean = (part: keyof Score) => (some.reduce((sum, one) => sum + one[part], 0) / some.length).toFixed(3)
    console.log(
      `${name.padEnd(44)}${some.length} pages  F1 ${mean('f1')}  precision ${mean('precision')}  recall ${mean('recall')}`,
    )
  }
}
