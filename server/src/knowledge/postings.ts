/**
 * Postings packed for SQL: a row holds one term's entries for 256 consecutive slots of a bot, three bytes a passage:
 * slot within the block, how often the term occurs (255 at most), and the passage's length on a logarithmic scale.
 * A row a posting would be a hundred times the rows; packed, a question reads a handful.
 */
import type { Analysis } from '../platform/text/analysis.ts'
import { termsOf } from '../platform/text/analysis.ts'

const slotsPerBlock = 256
const entryBytes = 3
/** Headings say what a passage is about: each of their terms counts as three. */
const headingWeight = 3

export interface PassageText {
  title: string
  headings: string[]
  text: string
  analysis: Analysis
}

export interface PassageTerms {
  counts: Map<string, number>
  /** Sum of the counts. */
  length: number
}

export interface PostingRow {
  term: string
  block: number
  entries: Buffer
}

export function passageTerms(passage: PassageText): PassageTerms {
  const counts = new Map<string, number>()
  let length = 0
  function add(text: string, weight: number) {
    for (const term of termsOf(text, passage.analysis)) {
      counts.set(term, (counts.get(term) ?? 0) + weight)
      length += weight
    }
  }
  add(headingPath(passage).join('\n'), headingWeight)
  add(passage.text, 1)
  return { counts, length }
}

/** Title and headings from the outermost on; a first heading that repeats the title is left out. */
export function headingPath({ title, headings }: Pick<PassageText, 'title' | 'headings'>): string[] {
  return [title, ...headings].filter((one, at, all) => one.trim() !== '' && all.indexOf(one) === at)
}

export const blockOf = (slot: number) => Math.floor(slot / slotsPerBlock)

export function packPostings(passages: (PassageTerms & { slot: number })[]): PostingRow[] {
  const rows = new Map<number, Map<string, number[]>>()
  for (const { slot, counts, length } of passages) {
    const block = blockOf(slot)
    const terms = rows.get(block) ?? new Map<string, number[]>()
    rows.set(block, terms)
    const lengthCode = encodeLength(length)
    for (const [term, count] of counts) {
      const entry = [slot % slotsPerBlock, Math.min(count, 255), lengthCode]
      const entries = terms.get(term)
      if (entries) entries.push(...entry)
      else terms.set(term, entry)
    }
  }
  return [...rows].flatMap(([block, terms]) =>
    [...terms].map(([term, entries]) => ({ term, block, entries: Buffer.from(entries) })),
  )
}

/** The row's entries without those of `slots`. */
export function withoutSlots({ block, entries }: PostingRow, slots: ReadonlySet<number>): Buffer {
  const kept: Buffer[] = []
  for (let at = 0; at < entries.length; at += entryBytes) {
    if (!slots.has(block * slotsPerBlock + (entries[at] ?? 0))) kept.push(entries.subarray(at, at + entryBytes))
  }
  return Buffer.concat(kept)
}

/** In how many passages of the block the term occurs. */
export const entryCount = ({ entries }: PostingRow) => entries.length / entryBytes

/** Adds `weight · count / (count + saturation[lengthCode])` to the slot of each entry. */
export function addScores(
  { block, entries }: PostingRow,
  scores: Float32Array,
  weight: number,
  saturation: Float64Array,
): void {
  const base = block * slotsPerBlock
  for (let at = 0; at + 2 < entries.length; at += entryBytes) {
    const slot = base + (entries[at] ?? 0)
    // A posting that is newer than the index row read before it has no place yet.
    if (slot >= scores.length) continue
    const count = entries[at + 1] ?? 0
    scores[slot] = (scores[slot] ?? 0) + (weight * count) / (count + (saturation[entries[at + 2] ?? 0] ?? 0))
  }
}

/** Sixteen steps an octave: within 2.2 % of the length, up to 65,000 terms. */
const stepsPerOctave = 16

function encodeLength(length: number): number {
  return Math.min(255, Math.round(Math.log2(Math.max(1, length)) * stepsPerOctave))
}

export const lengthByCode = Float64Array.from({ length: 256 }, (_, code) => 2 ** (code / stepsPerOctave))
