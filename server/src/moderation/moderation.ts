/** Moderation owns the owner's patterns: which are taken, and whether a message matches one. RE2 matches in linear time, whatever the pattern. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { RE2JS } from 're2js'

/** `steps`: of the compiled program. Time is linear in the message, with its size as the factor. */
export const patternLimits = { patterns: 50, characters: 500, steps: 600, stepsOfAll: 6_000 } as const

/** What is wrong with a pattern, in words; null when it can be used. */
export function problemOf(pattern: string): string | null {
  if (pattern.trim() === '') return 'The pattern is empty.'
  if (pattern.length > patternLimits.characters)
    return `The pattern is longer than ${patternLimits.characters} characters.`
  if (/\(\?(?:[=!]|<[=!])/.test(pattern)) return 'Lookahead and lookbehind, (?= (?! (?<= (?<!, cannot be used.'
  try {
    const steps = compile(pattern).programSize()
    return steps > patternLimits.steps
      ? `The pattern takes ${steps} steps for each character, ${patternLimits.steps} at most: repeat less.`
      : null
  } catch (error) {
    if (/\\[1-9]|\\k</.test(pattern)) return 'Back-references, such as \\1, cannot be used.'
    return `The pattern cannot be read: ${error instanceof Error ? error.message : String(error)}.`
  }
}

/** Throws an Error in words that names the first pattern which cannot be used. */
export function checkPatterns(patterns: readonly string[]): void {
  if (patterns.length > patternLimits.patterns)
    throw new Error(`At most ${patternLimits.patterns} patterns can be kept.`)
  let steps = 0
  for (const pattern of patterns) {
    const problem = problemOf(pattern)
    if (problem) throw new Error(`${JSON.stringify(pattern)}: ${problem}`)
    steps += compile(pattern).programSize()
  }
  if (steps > patternLimits.stepsOfAll)
    throw new Error(
      `The patterns take ${steps} steps together for each character, ${patternLimits.stepsOfAll} at most: shorten some.`,
    )
}

/** Whether a pattern matches the message, as it was sent or as it reads: without invisible characters, in one width and form. */
export async function isBlocked(patterns: readonly string[], message: string): Promise<boolean> {
  if (patterns.length === 0) return false
  const folded = fold(message)
  let turnStartedAt = performance.now()
  for (const pattern of patterns) {
    if (matches(pattern, message, folded)) return true
    // What takes long lets others go on in between.
    if (performance.now() - turnStartedAt < maxTurnMs) continue
    await nextTurn()
    turnStartedAt = performance.now()
  }
  return false
}

const maxTurnMs = 10

function matches(pattern: string, message: string, folded: string): boolean {
  const compiled = compiledOf(pattern)
  return compiled.test(folded) || (folded !== message && compiled.test(message))
}

export interface TestedPattern {
  pattern: string
  matches: boolean
  /** In words. */
  problem: string | null
  ms: number
}

/** What each pattern makes of the message, and what it takes; one that cannot be used matches nothing. */
export function testPatterns(patterns: readonly string[], message: string): TestedPattern[] {
  return patterns.map((pattern) => {
    const problem = problemOf(pattern)
    const startedAt = performance.now()
    const isMatch = problem === null && matches(pattern, message, fold(message))
    return { pattern, matches: isMatch, problem, ms: Math.round((performance.now() - startedAt) * 1_000) / 1_000 }
  })
}

/** For matching alone (UAX #15 NFKC; UTS #39 on what is invisible). The stored message is the one that was sent. */
function fold(message: string): string {
  return message
    .replace(/[^\p{ASCII}]/gu, (character) => (character.normalize('NFKC').length > maxExpansion ? ' ' : character))
    .normalize('NFKC')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu, '')
}

/** A few ligatures of whole phrases fold to up to 18 letters; nobody writes a word with them, and a message of them would grow as much. */
const maxExpansion = 4

const compiledPatterns = new Map<string, RE2JS>()
const maxCompiled = 5_000

function compiledOf(pattern: string): RE2JS {
  const known = compiledPatterns.get(pattern)
  if (known) return known
  if (compiledPatterns.size >= maxCompiled) compiledPatterns.clear()
  const compiled = compile(pattern)
  compiledPatterns.set(pattern, compiled)
  return compiled
}

function compile(pattern: string): RE2JS {
  return RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE)
}
