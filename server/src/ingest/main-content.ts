/** Leaves of a page what it is about: what a model, learnt from labelled pages, takes for the main content. */
import { type Block, blocksOf } from './content-blocks.ts'
import { featuresOf } from './content-features.ts'
import { chooseBlocks, contentProbabilities } from './content-model.ts'
import { type Element, isElement } from './html-tree.ts'

const headingTag = /^h[1-6]$/

/** What is less likely to be content is not taken along with what stands around it. */
const minProbability = 0.15

/** Takes all else out of the tree. */
export function keepMainContent(root: Element, title: string): void {
  const blocks = blocksOf(root)
  const probabilities = contentProbabilities(featuresOf(root, blocks, title))
  const words = blocks.map((block) => block.words)
  const isChosen = chooseBlocks(words, probabilities)
  if (isNearlyEmpty(words)) for (const at of isChosen.keys()) isChosen[at] &&= (probabilities[at] ?? 0) >= leastOfFew
  keepWhole(blocks, probabilities, isChosen)
  const container = smallContainer(root, blocks, isChosen)
  for (const [at, block] of [...blocks.entries()].reverse()) {
    // A heading goes with what stands below it; in a few words of content, a table or a line of code with the rest.
    const goesAlong =
      (headingTag.test(block.parent.tag) && isChosen[at + 1]) || (container && isWithin(block.parent, container))
    if (goesAlong && (probabilities[at] ?? 0) >= minProbability) isChosen[at] = true
    if (!isChosen[at]) remove(block)
  }
}

/** Something is always chosen; where there is next to nothing, that may be the menu. */
const leastOfFew = 0.06

function isNearlyEmpty(words: number[]): boolean {
  return words.reduce((sum, one) => sum + one, 0) < 30
}

const minPart = 0.3
const minMean = 0.1

/**
 * A table or a list is content as a whole or not at all: a row without its cells says something else. It is if a good part
 * of it was chosen, or if it stands between what was chosen.
 */
function keepWhole(blocks: Block[], probabilities: number[], isChosen: boolean[]): void {
  const groups = Map.groupBy(blocks.keys(), (at) => groupOf(blocks[at]?.parent ?? null))
  groups.delete(null)
  const before = [...isChosen]
  for (const members of groups.values()) {
    const sum = (shareOf: (at: number) => number) =>
      members.reduce((total, at) => total + shareOf(at) * (blocks[at]?.words ?? 0), 0)
    const words = sum(() => 1)
    const chosen = sum((at) => (before[at] ? 1 : 0))
    const isBetween = before[(members[0] ?? 0) - 1] && before[(members.at(-1) ?? 0) + 1]
    const isLikely = sum((at) => probabilities[at] ?? 0) >= minMean * words
    const isContent = (chosen > 0 && chosen >= minPart * words) || (isBetween && isLikely)
    for (const at of members) isChosen[at] = Boolean(isContent)
  }
}

const grouping = new Set(['table', 'ul', 'ol', 'dl'])
const member = new Set(['td', 'th', 'caption', 'li', 'dt', 'dd', 'p'])

/** The list or table that the block is an item or a cell of, at most four levels up. */
function groupOf(parent: Element | null): Element | null {
  if (!parent || !member.has(parent.tag)) return null
  let at: Element | null = parent
  for (let level = 0; at && level < 4; level++) {
    if (grouping.has(at.tag)) return at
    at = at.parent
  }
  return null
}

const smallWords = 200
const minShare = 0.9
const minDensity = 0.4

/** The innermost element with nearly all that was chosen, if it is small and much of it was chosen. */
function smallContainer(root: Element, blocks: Block[], isChosen: boolean[]): Element | null {
  const all = wordsWithin(blocks, () => true)
  const chosen = wordsWithin(blocks, (at) => isChosen[at] ?? false)
  const least = Math.max(1, minShare * (chosen.get(root) ?? 0))
  let container = root
  for (;;) {
    const inner = container.children.filter(isElement).find((child) => (chosen.get(child) ?? 0) >= least)
    if (!inner) break
    container = inner
  }
  const words = all.get(container) ?? 0
  return words <= smallWords && (chosen.get(container) ?? 0) >= minDensity * words ? container : null
}

function wordsWithin(blocks: Block[], counts: (at: number) => boolean): Map<Element, number> {
  const words = new Map<Element, number>()
  for (const [at, block] of blocks.entries()) {
    if (!counts(at)) continue
    for (let element: Element | null = block.parent; element; element = element.parent)
      words.set(element, (words.get(element) ?? 0) + block.words)
  }
  return words
}

function isWithin(element: Element, container: Element): boolean {
  for (let at: Element | null = element; at; at = at.parent) if (at === container) return true
  return false
}

function remove({ parent, from, to }: Block): void {
  for (let at = from; at < to; at++) parent.children[at] = ''
}
