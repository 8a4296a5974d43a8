/**
 * The built-in answering model: no key, no network. It writes nothing of its own: it quotes the sentences of the
 * evidence that answer best, each with its number, or says that it does not know.
 */
import { type Analysis, analysisOf, termsOf } from '../text/analysis.ts'
import type { ChatModel, ChatModelRequest, Evidence } from './models.ts'
import { type Quotable, quotablesOf } from './quotables.ts'

const provider = 'built-in'

export const builtInChatModel: ChatModel = {
  provider,
  async *stream(request, signal) {
    signal.throwIfAborted()
    // A few words at a time, so that a reader sees it begin at once.
    for (const piece of answerTo(request).match(/(?:\S+\s*){1,6}/g) ?? []) yield { text: piece }
    yield { finish: 'stop', usage: null }
  },
}

interface Candidate extends Quotable {
  evidence: Evidence
  terms: Set<string>
  contextTerms: Set<string>
  /** The part of the question that it covers, by weight. */
  coverage: number
  score: number
}

const maxQuotes = 3
const maxAnswerChars = 600
/** The parts of the question's weight that must be covered: by words alone, or where retrieval found the passage close in meaning. */
const minCoverage = 0.45
const minCoverageIfClose = 0.2
const closeScore = 0.5
const surelyCloseScore = 0.65
const contextWeight = 0.75
/** Of words that say little about what is asked for. */
const fillerWeight = 0.4

const fillers = new Set(termsOf('work mean happen use make need want like find know tell explain take', 'english'))

/** Exported for its tests. */
export function answerTo({ messages, evidence, unknownAnswer }: ChatModelRequest): string {
  const [first] = evidence
  if (first?.isPair)
    return `${first.text.trimEnd()}${/(```|\|)$/.test(first.text.trimEnd()) ? '\n\n' : ' '}[${first.number}]`
  const questions = messages.filter(({ role }) => role === 'user').map(({ content }) => content)
  const analysis = analysisOf(evidence.map(({ text }) => text).join('\n'), null)
  const asked = askedTerms(questions, analysis)
  const isAsked = (name: string) => termsOf(name, analysis).some((term) => asked.has(term))
  const candidates = evidence.flatMap((one) =>
    quotablesOf(withoutMarkers(one.text), isAsked).map((quotable): Candidate => {
      const terms = new Set(termsOf(quotable.text, analysis))
      const contextTerms = new Set(termsOf(quotable.context, analysis))
      return { ...quotable, evidence: one, terms, contextTerms, coverage: 0, score: 0 }
    }),
  )
  const question = questions.at(-1) ?? ''
  score(candidates, weigh(asked, candidates, namesIn(question, analysis)), question, analysis)
  const chosen = choose(candidates, asked)
  return chosen.length > 0 ? written(chosen) : unknownAnswer
}

/** What is written with a capital within an English question is most often a name. */
function namesIn(question: string, analysis: Analysis): Set<string> {
  const names = analysis === 'english' ? (question.match(/(?<=[\p{Ll},] )\p{L}*\p{Lu}[\p{L}\p{N}]+/gu) ?? []) : []
  return new Set(names.flatMap((name) => termsOf(name, analysis)))
}

/** The terms of the last question; one that only adds to it ("And for Pro?") goes on with what was asked before. */
function askedTerms(questions: string[], analysis: Analysis): Map<string, number> {
  const [before = '', question = ''] = ['', ...questions]
    .slice(-2)
    .map((one) => one.replace(/\bhow (many|much|long|often)\b/gi, ''))
  const asked = new Map<string, number>()
  const last = termsOf(question, analysis)
  const goesOn = last.length < 2 || /^(and|or|but|what about|how about|und|oder|aber|et|ou|y|o|e)\b/i.test(question)
  for (const term of goesOn ? termsOf(before, analysis) : []) asked.set(term, 0.4)
  for (const term of last) asked.set(term, 1)
  return asked
}

/** Terms weigh by their rarity in the evidence; a name that stands nowhere weighs most, so that its absence shows. */
function weigh(asked: Map<string, number>, candidates: Candidate[], names: Set<string>): Map<string, number> {
  const weights = new Map<string, number>()
  for (const [term, share] of asked) {
    const found = candidates.filter(({ terms }) => terms.has(term)).length
    const weight =
      share * (fillers.has(term) ? fillerWeight : 1) * Math.log(1 + (candidates.length + 1) / Math.max(1, found))
    weights.set(term, found === 0 && names.has(term) ? 2 * weight : weight)
  }
  return weights
}

function score(candidates: Candidate[], weights: Map<string, number>, question: string, analysis: Analysis): void {
  const total = sum(weights.values()) || 1
  const best = Math.max(...candidates.map(({ evidence }) => evidence.score))
  const wantsNumber = /\b(how (many|much|long|often|big|large|old)|when|price|cost)\b|\bwie ?(viel|lang|oft)/i.test(
    question,
  )
  const wantsList = /\b(which|what) \w+ (are|do|does|can|is)\b|\b(all|list|available|welche)\b/i.test(question)
  const covered = (has: (term: string) => number) =>
    sum([...weights].map(([term, weight]) => weight * has(term))) / total
  const titles = new Map(
    candidates.map(({ evidence }) => [evidence, new Set(termsOf(evidence.title.split(' › ').at(-1) ?? '', analysis))]),
  )
  for (const one of candidates) {
    const title = titles.get(one.evidence)
    const above = covered((term) => (one.contextTerms.has(term) || title?.has(term) ? 1 : 0))
    const isShortCode = one.kind === 'code' && one.text.length < 250
    one.coverage = covered((term) => {
      // A list or an example is what is said above it; its parts speak for themselves.
      if (isWhole(one) ? one.contextTerms.has(term) : one.terms.has(term)) return 1
      const isNear = one.contextTerms.has(term) || title?.has(term) || (isShortCode && one.terms.has(term))
      return isNear ? contextWeight : 0
    })
    const closeness = Math.max(0.4, 1 - 1.5 * (best - one.evidence.score))
    // A few words without their neighbours, or a pointer to another page.
    const isScrap = (one.kind === 'sentence' && one.terms.size < 3 && above < 0.5) || /^\[[^\]]*\]\(/.test(one.text)
    const form = isWhole(one) ? (wantsList ? 1.2 : 0.97) : 0.84 + 0.16 * Math.min(1, 260 / one.text.length)
    // Under a title that asks the same, what is said first is the answer.
    const lead = above >= 0.45 ? Math.max(0, 0.25 - 0.08 * one.order) * above : 0
    const number = wantsNumber && /\d/.test(one.text) ? 0.1 : 0
    one.score = (one.coverage + lead + number) * closeness * form * (isScrap ? 0.75 : 1)
  }
}

function choose(candidates: Candidate[], asked: Map<string, number>): Candidate[] {
  const ranked = candidates.toSorted((a, b) => b.score - a.score)
  const best = ranked[0]
  if (!best) return []
  const isWordMatch =
    best.coverage >= minCoverage || (best.coverage >= minCoverageIfClose && best.evidence.score >= closeScore)
  if (!isWordMatch) {
    // Close in meaning without the same words: the closest passage's best sentence is the best guess there is.
    const closest = Math.max(...candidates.map(({ evidence }) => evidence.score))
    return closest >= surelyCloseScore ? ranked.filter(({ evidence }) => evidence.score === closest).slice(0, 1) : []
  }
  const chosen = [best]
  for (const one of ranked.slice(1)) {
    const length = sum([...chosen, one].map(({ text }) => text.length))
    if (chosen.length === maxQuotes || chosen.some(isWhole)) break
    const leastScore = best.score * (one.evidence === best.evidence ? 0.6 : 0.8)
    if (one.kind === 'list' || one.score < leastScore || length > maxAnswerChars) continue
    if (chosen.some((other) => isSame(one, other))) continue
    const isSaid = (term: string) => chosen.some((other) => other.terms.has(term) || other.contextTerms.has(term))
    const matched = [...asked].filter(([term]) => one.terms.has(term) || (isWhole(one) && one.contextTerms.has(term)))
    // From another passage only what speaks of the same thing.
    if (one.evidence !== best.evidence && !matched.some(([term]) => isSaid(term))) continue
    const adds = matched.some(([term, share]) => share === 1 && !isSaid(term))
    const goesOn = chosen.some(
      (other) =>
        other.evidence === one.evidence && other.block === one.block && Math.abs(other.place - one.place) === 1,
    )
    if (adds || (goesOn && one.score >= best.score * 0.75)) chosen.push(one)
  }
  return inReadingOrder(chosen)
}

function isWhole({ kind }: Candidate): boolean {
  return kind === 'list' || kind === 'code'
}

/** Whether one of the two says little beside the other. */
function isSame(a: Candidate, b: Candidate): boolean {
  const shared = [...a.terms].filter((term) => b.terms.has(term)).length
  return shared >= 0.7 * Math.min(a.terms.size, b.terms.size)
}

/** The best passage first; within one, as it stands there. */
function inReadingOrder(chosen: Candidate[]): Candidate[] {
  const passages = [...new Set(chosen.map(({ evidence }) => evidence))]
  return chosen.toSorted(
    (a, b) => passages.indexOf(a.evidence) - passages.indexOf(b.evidence) || a.block - b.block || a.place - b.place,
  )
}

function written(chosen: Candidate[]): string {
  const isProse = chosen.every(({ kind }) => kind === 'sentence' || kind === 'code')
  return chosen
    .map((one, at) => {
      const gap = at === 0 ? '' : !isProse ? '\n' : one.kind === 'code' ? '\n\n' : ' '
      return gap + quoted(one, isProse || chosen.length === 1 ? '' : '- ')
    })
    .join('')
}

function quoted(one: Candidate, bullet: string): string {
  if (one.kind === 'code') return `${cited(one.intro, one)}\n\n${one.text}`
  if (one.kind !== 'list') return bullet + cited(one.text, one)
  const items = one.items.map((item, at) => `${one.isOrdered ? `${at + 1}.` : '-'} ${cited(item, one)}`)
  return [...(one.intro ? [one.intro, ''] : []), ...items].join('\n')
}

function cited(text: string, { evidence }: Candidate): string {
  // The source's line breaks are its layout; in an answer they would cut the claim from its number.
  return `${text.replace(/\s*\n\s*/g, ' ')} [${evidence.number}]`
}

/** Footnote marks of the source, such as Wikipedia's, would pass for citations. */
function withoutMarkers(text: string): string {
  return text.replace(/ ?(?<!`)\[\d{1,3}\](?![(`])/g, '')
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
