/** One question and its answer on the screen. Nothing ever stands below the growing text, so nothing moves. */
import { createMarkdown } from '../markdown.ts'
import type { Stage } from '../thread.ts'
import { isOpen, type Turn } from '../transcript.ts'
import { fill, type Words } from '../words.ts'
import { h, link } from './dom.ts'
import { failureNotice } from './failure.ts'
import { revealSource, sourceList } from './sources.ts'

export interface TurnViewOptions {
  words: Words
  showsSources: boolean
  onRetry(): void
}

export function createTurnView(turn: Turn, { words, showsSources, onRetry }: TurnViewOptions) {
  const text = h('div', { class: 'text', dir: 'auto' })
  const stage = h('div', { class: 'stage' }, h('i'), h('span'))
  const after = h('div', { class: 'after' })
  const answer = h('div', { class: 'answer' }, text)
  const element = h(
    'div',
    { class: 'turn' },
    h('div', { class: 'question', dir: 'auto' }, h('span', { class: 'sr' }, `${words.you} `), turn.question),
    answer,
  )
  const write = createMarkdown(text, { cite, copyLabel: words.copy })
  let drawn: Turn | null = null
  let sources: HTMLElement | null = null

  function cite(index: number): Node | null {
    if (!showsSources) return null
    return h(
      'button',
      { type: 'button', class: 'cite', 'data-index': String(index), 'aria-label': fill(words.source, index) },
      String(index),
    )
  }

  text.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null
    const index = button?.dataset.index
    if (button && index && sources) revealSource(sources, Number(index))
    else if (button?.closest('.bar')) void copy(button)
  })

  async function copy(button: HTMLButtonElement) {
    const code = button.closest('.code')?.querySelector('pre')?.textContent ?? ''
    try {
      await navigator.clipboard.writeText(code)
    } catch {
      return
    }
    button.textContent = words.copied
    setTimeout(() => {
      button.textContent = words.copy
    }, 2_000)
  }

  function end(now: Turn) {
    after.replaceChildren()
    for (const chip of text.querySelectorAll<HTMLElement>('.cite')) {
      // A number that no quote stands for is not shown.
      chip.hidden = !now.citations.some(({ index }) => chip.dataset.index === `${index}`)
    }
    // What an answer links to may have been put into its mouth by a page that it read; a mail address, whose origin is
    // `null`, opens no page.
    const known = ['null/', location.href, ...now.citations.map(({ url }) => url)]
    for (const place of text.querySelectorAll<HTMLElement>('[data-to]')) {
      const { to = '' } = place.dataset
      if (known.some((url) => url?.startsWith(`${new URL(to).origin}/`)))
        place.replaceWith(link(to, ...place.childNodes))
    }
    sources = showsSources && now.citations.length ? sourceList(now.citations, words) : null
    if (now.finish === 'cancelled') after.append(h('p', { class: 'note' }, words.stopped))
    if (now.finish === 'length') after.append(h('p', { class: 'note' }, words.cut))
    if (sources) after.append(sources)
    if (now.failure) after.append(failureNotice(now.failure, words, onRetry))
    if (after.childElementCount) answer.append(after)
    else after.remove()
  }

  return {
    element,
    text,
    update(now: Turn, live: Stage | null) {
      if (now === drawn && !live) return
      drawn = now
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

export function stageWord(stage: Stage | null, words: Words): string {
  if (stage === 'searching') return words.searching
  return navigator.onLine ? words.reconnecting : words.offline
}
