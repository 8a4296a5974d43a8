/**
 * What nobody needs to read the first words of an answer, fetched while they are being written: what is rare in them, the
 * voice that reads them aloud, how the view follows them, and what is done at their end.
 */
import type { EndingOptions } from './ending.ts'
import { createEnding } from './ending.ts'
import { createRare } from './markdown/rare.ts'
import type { Thread } from './thread.ts'
import { createVoice } from './ui/announcer.ts'
import later from './ui/later.css?inline'
import rare from './ui/rare.css?inline'
import { createScroll } from './ui/scroll.ts'
import { lateWords } from './words/en-late.ts'
import type { EarlyWords, Words } from './words.ts'

export interface LaterOptions extends Omit<EndingOptions, 'words'> {
  root: ShadowRoot
  scroller: HTMLElement
  words: EarlyWords & Partial<Words>
  thread: EndingOptions['thread'] & Pick<Thread, 'stage'>
}

export function createLater(options: LaterOptions) {
  const { root, scroller, thread } = options
  const words = { ...lateWords, ...options.words }
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(later + rare)
  root.adoptedStyleSheets.push(sheet)
  const { latest, ...scroll } = createScroll(scroller, words.latest)
  scroller.after(latest)
  if (thread.stage()) scroll.follow(scroller.querySelector('.turn:last-child'))
  return {
    ...scroll,
    hear: createVoice(),
    rare: createRare(words.copy),
    ending: (text: HTMLElement, after: HTMLElement) => createEnding(text, after, { ...options, words }),
  }
}

export type Later = ReturnType<typeof createLater>
