/** What is done with an answer that is whole: its links open, its sources and the question whether it helped stand below. */
import type { Turn } from './transcript.ts'
import { countDown } from './ui/countdown.ts'
import { h, link } from './ui/dom.ts'
import { createRating, type RatingOptions } from './ui/rating.ts'
import { revealSource, sourceList } from './ui/sources.ts'
import type { Words } from './words.ts'

export interface EndingOptions extends RatingOptions {
  showsSources: boolean
  showsRating: boolean
}

/** Why it ends where it does, where that needs saying. */
export function endingNote({ finish }: Turn, words: Words): string {
  return finish === 'cancelled' ? words.stopped : finish === 'length' ? words.cut : ''
}

/** Of the answer in `text`; `after` is what stands below it. */
export function createEnding(text: HTMLElement, after: HTMLElement, options: EndingOptions) {
  const { words, showsSources, showsRating } = options
  const rating = createRating(options)
  let sources: HTMLElement | null = null

  text.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null
    if (button?.closest('.bar')) void copy(button)
    else if (button && sources) revealSource(sources, button.dataset.index)
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

  function show(turn: Turn) {
    const { citations, finish, messageId, failure } = turn
    for (const chip of text.querySelectorAll<HTMLElement>('.cite')) {
      // A number that no quote stands for is not shown.
      chip.hidden = !citations.some(({ index }) => chip.dataset.index === `${index}`)
    }
    // What an answer links to may have been put into its mouth by a page that it read; a mail address, whose origin is
    // `null`, opens no page.
    const known = ['null/', location.href, ...citations.map(({ url }) => url)]
    for (const place of text.querySelectorAll<HTMLElement>('[data-to]')) {
      const { to = '' } = place.dataset
      if (known.some((url) => url?.startsWith(`${new URL(to).origin}/`)))
        place.replaceWith(link(to, ...place.childNodes))
    }
    const retry = after.querySelector<HTMLButtonElement>('.retry')
    if (retry && failure?.retryAt) countDown(retry, failure.retryAt, words)
    const note = endingNote(turn, words)
    if (note) after.append(h('p', { class: 'note' }, note))
    sources = showsSources && citations.length ? sourceList(citations, words) : null
    if (sources) after.append(sources)
    if (showsRating && messageId && (finish === 'stop' || finish === 'length')) after.append(rating(turn))
  }

  return { show, rate: rating }
}
