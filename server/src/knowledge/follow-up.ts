/** Questions that only mean something after the one before: "and for students?", "what does it cost?". */
import type { ModelMessage } from '../platform/models/models.ts'

/** Openers that tie a sentence to the one before it. */
const opener =
  /^(and|or|but|also|what about|how about|what if|then|so|und|oder|aber|et|ou|mais|y|o|pero|e|ma|en|maar|那|那么|还有|では|じゃあ)(?=[\s,]|\p{sc=Han})/iu

/** Words that stand for something said before. */
const pronoun =
  /(^|[^\p{L}])(it|its|they|them|their|theirs|he|she|him|her|this|that|these|those|one|ones|there|same|instead|else)(?=[^\p{L}]|$)|[它这那](个|些|样|里)?/iu

/** A question of so few words leaves something unsaid. */
const shortWords = 3

/** "There" as in "is there", "this" as in "this site": nothing before is meant. */
const idle =
  /\b(is|are|was|were) there\b|\bthis (site|page|website|company|service|product|bot|chat)\b|\b(each|any|every|no|one of) one?\b/gi

/**
 * The question with what it follows put before it, or null if it stands by itself. Several follow-ups in a row lead
 * back to the question they began with.
 */
export function withContext(question: string, history: readonly ModelMessage[]): string | null {
  if (!followsUp(question)) return null
  const before: string[] = []
  for (const { role, content } of history.toReversed()) {
    if (role !== 'user') continue
    before.unshift(content)
    if (!followsUp(content) || before.length === 3) break
  }
  return before.length === 0 ? null : [...before, question].join('\n')
}

function followsUp(question: string): boolean {
  const plain = question.trim().replace(idle, ' ')
  return opener.test(plain) || pronoun.test(plain) || isShort(plain)
}

function isShort(question: string): boolean {
  return /\p{sc=Han}/u.test(question) ? question.length <= 5 : question.split(/\s+/).length <= shortWords
}
