/** What an answer rests on: number, title, place and the quoted words, with a link that opens the very passage. */
import type { Citation } from '@mevichat/protocol/chat.ts'
import { readInline } from '../markdown/inline.ts'
import { readLink } from '../markdown/links.ts'
import type { Words } from '../words.ts'
import { h, link, safeUrl } from './dom.ts'

export function sourceList(citations: readonly Citation[], words: Words): HTMLElement {
  const list = h('ol', {}, ...citations.map(source))
  return h('section', { class: 'sources', 'aria-label': words.sources }, h('h3', {}, words.sources), list)
}

/** Brings the source of that number to the reader's eyes and focus. */
export function revealSource(section: HTMLElement, index: string | undefined): void {
  const item = section.querySelector<HTMLElement>(`[data-index="${index}"]`)
  if (!item) return
  item.scrollIntoView({ block: 'nearest' })
  const target = item.querySelector('a') ?? item
  target.focus({ preventScroll: true })
}

function source({ index, title, url, quote }: Citation): HTMLElement {
  const address = url ? safeUrl(url) : null
  const name = h('span', { class: 'title', dir: 'auto' }, title)
  const head = address ? link(address, name, h('span', { class: 'host' }, new URL(address).host)) : name
  return h(
    'li',
    { 'data-index': String(index), tabindex: address ? null : '-1' },
    h('span', { class: 'cite number', 'aria-hidden': 'true' }, String(index)),
    head,
    ...(quote ? [h('q', { dir: 'auto' }, plain(quote))] : []),
  )
}

/** As the page shows it: without Markdown's signs. */
function plain(quote: string): string {
  const lines = quote
    .split('\n')
    .filter((line) => !/^[-:|\s]*$/.test(line))
    .map((line) => line.replace(/^[\s>]*(?:(?:[-*+]|\d+[.)]|#{1,6})\s+)?/, '').replace(/^\||\|\s*$/g, ''))
    .map((line) => line.trim().replace(/\s*\|\s*/g, ' · '))
  return (
    readInline(lines.join(' '), (index) => document.createTextNode(`[${index}]`), false, readLink).textContent ?? ''
  )
}
