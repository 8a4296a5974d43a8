/** Follows the answer until its question reaches the top, so that reading starts at the beginning; never pulls a reader back. */
import { button, icon } from './dom.ts'

const edge = 12

/** A turn to be kept in view, and where the view was put for it: anywhere else, the reader did. */
export interface Followed {
  element: HTMLElement
  /** Its answer. */
  text: HTMLElement
  from: number
}

export function createScroll(scroller: HTMLElement, label: string) {
  const latest = button('latest', label, followEnd, icon('M6 9.5l6 6 6-6'))
  /** How far down the view may go by itself. */
  let limit = () => 0
  /** Where the widget itself last put it. */
  let own = 0

  const below = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop

  function refresh() {
    latest.hidden = below() < edge
  }

  function toEnd() {
    scroller.scrollTop = scroller.scrollHeight
    refresh()
  }

  function followEnd() {
    toEnd()
    limit = () => Infinity
    own = scroller.scrollTop
    // The button, which is hidden now, would drop the focus to the page.
    scroller.focus({ preventScroll: true })
  }

  scroller.addEventListener('scroll', refresh)

  return {
    latest,
    toEnd,
    /** Keeps a turn in view as it grows. */
    follow({ element, text, from }: Followed) {
      // However tall the question, its answer begins in the upper half.
      limit = () => Math.max(element.offsetTop - edge, text.offsetTop - scroller.clientHeight / 2)
      own = from
    },
    /** After the content changed. */
    keep() {
      if (Math.abs(scroller.scrollTop - own) < 2) {
        scroller.scrollTop = Math.min(scroller.scrollTop + below(), limit())
        own = scroller.scrollTop
      }
      refresh()
    },
  }
}
