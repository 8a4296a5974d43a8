/** One question and its answer on the screen. Nothing ever stands below the growing text, so nothing moves. */
import type { Later } from '../later.ts'
import { createMarkdown } from '../markdown.ts'
import type { Stage } from '../thread.ts'
import { isOpen, type Turn } from '../transcript.ts'
import { type EarlyWords, fill } from '../words.ts'
import { h } from './dom.ts'
import { failureNotice } from './failure.ts'

export interface TurnViewOptions {
  words: EarlyWords
  showsSources: boolean
  onRetry(): void
  /** Null until it is there. */
  later(): Later | null
}

export function createTurnView(turn: Turn, { words, showsSources, onRetry, later }: TurnViewOptions) {
  const text = h('div', { class: 'text', dir: 'auto' })
  const stage = h('div', { class: 'stage' }, h('i'), h('span'))
  const after = h('div', { class: 'after' })
  const answer = h('div', { class: 'answer' }, text)
  const element = h(
    'div',
    { class: 'turn' },
    h(
      'div',
      { class: 'question', dir: 'auto' },
      h('span', { class: 'sr', dir: 'auto' }, `${words.you} `),
      turn.question,
    ),
    answer,
  )
  const write = createMarkdown(text, { cite, rare: () => later()?.rare ?? null })
  let drawn: Turn | null = null
  let finish: ReturnType<Later['ending']> | undefined

  function cite(index: number): Node | null {
    if (!showsSources) return null
    const label = fill(words.source, index)
    return h('button', { type: 'button', class: 'cite', 'data-index': `${index}`, 'aria-label': label }, `${index}`)
  }

  function end(now: Turn) {
    after.replaceChildren()
    // Comes along with the panel: what tells that nothing can be fetched cannot be fetched.
    if (now.failure) after.append(failureNotice(now.failure, words, onRetry))
    finish?.show(now)
    if (after.childElementCount) answer.append(after)
    else after.remove()
  }

  return {
    element,
    text,
    update(now: Turn, live: Stage | null) {
      const earlier = finish
      finish ??= later()?.ending(text, after)
      if (now === drawn && !live && earlier === finish) return
      // A rating alone leaves all else where it is, and the focus on its button.
      const isRated = earlier && drawn?.finish && drawn.citations === now.citations
      drawn = now
      if (isRated) return void finish?.rate(now)
      const isWriting = isOpen(now)
      write(now.text, isWriting)
      const isWaiting = isWriting && (!now.text || live === 'reconnecting')
      stage.lastElementChild?.replaceChildren(stageWord(live, words))
      if (isWaiting) answer.append(stage)
      else stage.remove()
      answer.classList.toggle('live', isWriting)
      if (isWriting) after.remove()
      else end(now)
    },
  }
}

export function stageWord(stage: Stage | null, words: EarlyWords): string {
  if (stage === 'searching') return words.searching
  return navigator.onLine ? words.reconnecting : words.offline
}
