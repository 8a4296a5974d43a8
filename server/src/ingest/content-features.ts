/**
 * What tells content from the rest, a row of numbers a block: its words and links, what stands around it, what its
 * ancestors call themselves, and how the page as a whole looks. `content-model.json` was learnt from these rows: when
 * anything here changes, it is learnt anew (`bench/train-extraction.ts`).
 */
import type { Block } from './content-blocks.ts'
import { type Context, contextOf } from './content-context.ts'
import { type Element, isElement } from './html-tree.ts'

const headingTag = /^h[1-6]$/
/** Deep nesting says nothing more, and costs. */
const maxSteps = 60

interface Totals {
  words: number
  linkWords: number
  blocks: number
  /** Words of paragraphs that read like sentences. */
  prose: number
  headings: number
}

const noTotals = (): Totals => ({ words: 0, linkWords: 0, blocks: 0, prose: 0, headings: 0 })

const sentence = /[.!?。！？:;]["'”’)\]]?$/

function isProse(block: Block): boolean {
  return block.words >= 12 && block.linkWords < block.words * 0.4 && /[.!?,。！？]/.test(block.text)
}

/** A row of numbers a block; what each means stands where it is pushed. */
export function featuresOf(root: Element, blocks: Block[], title: string): number[][] {
  const contexts = new Map<Element, Context>()
  const totals = new Map<Element, Totals>()
  const groups = new Map<string, Totals>()
  const texts = new Map<string, number>()
  const signatures = blocks.map((block) => signatureOf(block.parent))
  for (const [at, block] of blocks.entries()) {
    const amounts = [
      block.words,
      block.linkWords,
      1,
      isProse(block) ? block.words : 0,
      headingTag.test(block.parent.tag) ? 1 : 0,
    ] as const
    addTo(totals, block.parent, amounts)
    addTo(groups, signatures[at] ?? '', amounts)
    texts.set(block.text, (texts.get(block.text) ?? 0) + 1)
  }
  const page = sumUp(root, totals)
  const best = bestContainer(root, totals)
  const aboveBest = new Set<Element>()
  for (let element: Element | null = best; element; element = element.parent) aboveBest.add(element)
  const titleWords = new Set(title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
  const pageFeatures = [
    Math.log1p(page.words),
    ratio(page.linkWords, page.words),
    ratio(page.prose, page.words),
    Math.log1p(page.blocks),
    ratio(totals.get(best)?.prose ?? 0, page.prose),
    ratio(totals.get(best)?.words ?? 0, page.words),
    page.headings,
    ratio(page.words, page.blocks),
  ]
  let wordsBefore = 0
  let proseBefore = 0
  let h1Before = 0
  const totalH1 = blocks.filter(({ parent }) => parent.tag === 'h1').length
  return blocks.map((block, at) => {
    const { text, words, linkWords, parent } = block
    const context = contextOf(parent, contexts)
    const group = groups.get(signatures[at] ?? '') ?? noTotals()
    const before = blocks[at - 1]
    const after = blocks[at + 1]
    const before2 = blocks[at - 2]
    const after2 = blocks[at + 2]
    if (parent.tag === 'h1') h1Before++
    const row = [
      words,
      linkWords / Math.max(1, words),
      text.length / Math.max(1, words),
      sentence.test(text) ? 1 : 0,
      Math.min(20, (text.match(/[,，、]/g) ?? []).length),
      ratio((text.match(/\d/g) ?? []).length, text.length),
      ratio((text.match(/\p{Lu}/gu) ?? []).length, text.length),
      /[©®]|all rights reserved/i.test(text) ? 1 : 0,
      /[$€£¥]\s?\d/.test(text) ? 1 : 0,
      headingTag.test(parent.tag) ? Number(parent.tag[1]) : 0,
      ['p', 'li', 'td', 'th', 'dd', 'dt', 'pre', 'span', 'a', 'div', 'figcaption', 'blockquote'].indexOf(parent.tag),
      texts.get(text) ?? 1,
      titleWords.size > 0 && words < 30 ? overlap(text, titleWords) : 0,
      isProse(block) ? 1 : 0,
      before?.words ?? -1,
      before ? before.linkWords / Math.max(1, before.words) : -1,
      after?.words ?? -1,
      after ? after.linkWords / Math.max(1, after.words) : -1,
      before2?.words ?? -1,
      after2?.words ?? -1,
      near(blocks, at, -6),
      near(blocks, at, 6),
      before?.parent.tag === parent.tag ? 1 : 0,
      after?.parent.tag === parent.tag ? 1 : 0,
      at / blocks.length,
      ratio(wordsBefore, page.words),
      ratio(proseBefore, page.prose),
      totalH1 === 0 ? -1 : h1Before > 0 ? 1 : 0,
      context.depth,
      context.isHidden ? 1 : 0,
      ...context.names,
      ...context.tags,
      group.blocks,
      ratio(group.words, page.words),
      ratio(group.linkWords, group.words),
      ratio(group.words, group.blocks),
      ratio(group.prose, group.words),
      ...ancestorFeatures(block, totals, page),
      stepsFrom(best, aboveBest, parent),
      ...pageFeatures,
    ]
    wordsBefore += words
    if (isProse(block)) proseBefore += words
    return row
  })
}

function addTo<Key>(
  map: Map<Key, Totals>,
  key: Key,
  [words, linkWords, blocks, prose, headings]: readonly [number, number, number, number, number],
) {
  let totals = map.get(key)
  if (!totals) {
    totals = noTotals()
    map.set(key, totals)
  }
  totals.words += words
  totals.linkWords += linkWords
  totals.blocks += blocks
  totals.prose += prose
  totals.headings += headings
}

/** Makes each element's totals those of all that it holds. */
function sumUp(element: Element, totals: Map<Element, Totals>): Totals {
  const sum = { ...(totals.get(element) ?? noTotals()) }
  for (const child of element.children) {
    if (!isElement(child)) continue
    const part = sumUp(child, totals)
    sum.words += part.words
    sum.linkWords += part.linkWords
    sum.blocks += part.blocks
    sum.prose += part.prose
    sum.headings += part.headings
  }
  totals.set(element, sum)
  return sum
}

/** Blocks of one kind, such as all teasers: the same tags and classes three levels up. */
function signatureOf(element: Element): string {
  const parts: string[] = []
  for (let at: Element | null = element; at && parts.length < 3; at = at.parent)
    parts.push(`${at.tag}.${(at.attributes.class ?? '').slice(0, 60)}`)
  return parts.join('<')
}

/** The deepest element that holds most of the prose. */
function bestContainer(root: Element, totals: Map<Element, Totals>): Element {
  const all = totals.get(root)?.prose ?? 0
  let at = root
  for (;;) {
    const next = at.children.filter(isElement).find((child) => (totals.get(child)?.prose ?? 0) > 0.6 * all)
    if (!next || all === 0) return at
    at = next
  }
}

function ancestorFeatures({ parent }: Block, totals: Map<Element, Totals>, page: Totals): number[] {
  const features: number[] = []
  let words = -1
  let level = 0
  let steps = 0
  // Only ancestors that hold more than the one below say anything new.
  for (let at: Element | null = parent; at && level < 5 && steps++ < maxSteps; at = at.parent) {
    const here = totals.get(at) ?? noTotals()
    if (here.words === words) continue
    words = here.words
    level++
    features.push(
      ratio(here.words, page.words),
      ratio(here.linkWords, here.words),
      ratio(here.prose, here.words),
      Math.log1p(here.blocks),
    )
  }
  while (level++ < 5)
    features.push(
      1,
      page.linkWords / Math.max(1, page.words),
      page.prose / Math.max(1, page.words),
      Math.log1p(page.blocks),
    )
  return features
}

/** How many levels up the best container or an element around it is; -1 within the best one. */
function stepsFrom(best: Element, aboveBest: Set<Element>, element: Element): number {
  let steps = 0
  for (let at: Element | null = element; at && steps < maxSteps; at = at.parent) {
    if (aboveBest.has(at)) return at === best ? -1 : steps
    steps++
  }
  return steps
}

function near(blocks: Block[], at: number, reach: number): number {
  let prose = 0
  const step = Math.sign(reach)
  for (let n = 1; n <= Math.abs(reach); n++) {
    const block = blocks[at + n * step]
    if (block && isProse(block)) prose += Math.min(60, block.words)
  }
  return prose
}

function overlap(text: string, titleWords: Set<string>): number {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return ratio(words.filter((word) => titleWords.has(word)).length, Math.max(words.length, titleWords.size))
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0
}
