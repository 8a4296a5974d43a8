/** Which blocks of a page are its main content: a boosted tree model gives each a probability, the page's F1 the cut. */
import { readFileSync } from 'node:fs'

/** A leaf, or a question: is this feature at most this much? Then the first branch, else the second. */
export type Tree = number | [feature: number, atMost: number, low: Tree, high: Tree]

let learnt: Tree[] | null = null

/** For each block, in the order of the page, how likely it is content. */
export function contentProbabilities(rows: number[][], model = learntModel()): number[] {
  const scores = rows.map((row) => model.reduce<number>((sum, tree) => sum + leafOf(tree, row), 0))
  // Content stands together: its neighbours have a tenth of a say each.
  return scores.map((score, at) =>
    sigmoid(0.8 * score + 0.1 * (scores[at - 1] ?? score) + 0.1 * (scores[at + 1] ?? score)),
  )
}

function learntModel(): Tree[] {
  learnt ??= JSON.parse(readFileSync(new URL('./content-model.json', import.meta.url), 'utf8')) as Tree[]
  return learnt
}

export function leafOf(tree: Tree, row: readonly number[]): number {
  let at = tree
  while (typeof at !== 'number') at = (row[at[0]] ?? 0) <= at[1] ? at[2] : at[3]
  return at
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

/**
 * The blocks for which the expected F1 by words is the highest (Jansche 2007, Lipton et al. 2014): where the model is
 * unsure of a whole page, more is taken than where it is sure.
 */
export function chooseBlocks(words: number[], probabilities: number[]): boolean[] {
  const order = probabilities.map((_, at) => at).sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0))
  const content = order.reduce((sum, at) => sum + (words[at] ?? 0) * (probabilities[at] ?? 0), 0)
  let taken = 0
  let hits = 0
  let best = 0
  let cut = 1
  for (const at of order) {
    taken += words[at] ?? 0
    hits += (words[at] ?? 0) * (probabilities[at] ?? 0)
    const f1 = (2 * hits) / (taken + content)
    if (f1 > best) {
      best = f1
      cut = probabilities[at] ?? 0
    }
  }
  return probabilities.map((probability) => probability >= cut)
}
