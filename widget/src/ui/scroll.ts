/** Follows the answer until its question reaches the top, so that reading starts at the beginning; never pulls a reader back. */
import { button, icon } from './dom.ts'

const edge = 12

export function createScroll(scroller: HTMLElement, label: string) {
  const latest = button('latest', label, toEnd, icon('M6 9.5l6 6 6-6'))
  let followed: HTMLElement | null = null
  /** Where the widget itself last put it: anywhere else, the reader did. */
  let own = 0

  const below = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop

  function refresh() {
    latest.hidden = below() < edge
  }

  function toEnd() {
    scroller.scrollTop = scroller.scrollHeight
    refresh()
  }

  scroller.addEventListener('scroll', refresh)

  return {
    latest,
    toEnd,
    /** Keep this turn in view as it grows. */
    follow(turn: Element | null) {
      followed = turn instanceof HTMLElement ? turn : null
      own = scroller.scrollTop
    },
    /** After the content changed. */
    keep() {
      if (followed && Math.abs(scroller.scrollTop - own) < 2) {
        scroller.scrollTop = Math.min(scroller.scrollTop + below(), followed.offsetTop - edge)
        own = scroller.scrollTop
      }
      refresh()
    },
  }
}
