/**
 * What nobody needs to read the first words of an answer, fetched while they are being written: what is rare in them, the
 * voice that reads them aloud, how the view follows them, and what is done at their end.
 */
import type { EndingOptions } from './ending.ts'
import { createEnding, endingNote } from './ending.ts'
import { createRare } from './markdown/rare.ts'
import { isOpen, type Turn } from './transcript.ts'
import { createVoice } from './ui/announcer.ts'
import later from './ui/later.css?inline'
import rare from './ui/rare.css?inline'
import { createScroll, type Followed } from './ui/scroll.ts'
import { lateWords } from './words/en-late.ts'
import type { EarlyWords, Words } from './words.ts'

export interface LaterOptions extends Omit<EndingOptions, 'words'> {
  root: ShadowRoot
  scroller: HTMLElement
  /** What was asked before this came. */
  asked: Followed | null
  words: EarlyWords & Partial<Words>
}

export function createLater(options: LaterOptions) {
  const { root, scroller, asked } = options
  const words = { ...lateWords, ...options.words }
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(later + rare)
  root.adoptedStyleSheets.push(sheet)
  const voice = createVoice()
  const { latest, ...scroll } = createScroll(scroller, words.latest)
  scroller.after(latest)
  if (asked) scroll.follow(asked)
  return {
    ...scroll,
    /** What is to be read aloud now: what the answer has become since, and at its end why it ends there. */
    hear: (turn: Turn, text: HTMLElement) => `${voice(turn.at, text, !isOpen(turn))} ${endingNote(turn, words)}`,
    rare: createRare(words.copy),
    ending: (text: HTMLElement, after: HTMLElement) => createEnding(text, after, { ...options, words }),
  }
}

export type Later = ReturnType<typeof createLater>
