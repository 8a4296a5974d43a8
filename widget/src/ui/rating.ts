/** Whether an answer helped: two quiet buttons. Pressing the one that is pressed takes it back. */
import type { Connection } from '../connection.ts'
import type { Thread } from '../thread.ts'
import type { Rating, Turn } from '../transcript.ts'
import type { Words } from '../words.ts'
import { button, h, icon } from './dom.ts'

export interface RatingOptions {
  words: Words
  thread: Pick<Thread, 'change' | 'sessionId'>
  connection: Pick<Connection, 'tell'>
  say(sentence: string): void
}

const thumb =
  'M7 10.5V20H4v-9.5zm0 0L11 3c1.7 0 2.5 1.2 2.2 2.8L12.6 9H18c1.4 0 2.3 1.2 2 2.5l-1.6 7c-.2.9-1 1.5-1.9 1.5H7'

export function createRating({ words, thread, connection, say }: RatingOptions) {
  const problem = h('span', { class: 'note' })
  const buttons = ([1, -1] as const).map((value) => {
    const press = () => void rate(shown?.rated?.value === value ? null : value)
    const [look, label] = value > 0 ? ['icon thumb', words.helpful] : ['icon thumb down', words.unhelpful]
    return { value, element: button(look, label, press, icon(thumb)) }
  })
  const element = h('div', { class: 'rating' }, ...buttons.map((one) => one.element), problem)
  let shown: Turn | null = null
  /** One after the other, so that the last one said is the one that stands. */
  let sent: Promise<boolean> = Promise.resolve(true)

  /** Shown at once, and taken back when the server did not keep it. */
  async function rate(value: Rating) {
    if (!shown) return
    const { key, messageId, rated: before } = shown
    problem.textContent = ''
    const rated = { value, at: Date.now() }
    thread.change(key, { rated })
    sent = sent.then(() =>
      connection.tell('rating/', { session_id: thread.sessionId(), message_id: messageId, rating: value }),
    )
    if ((await sent) || shown.rated !== rated) return
    thread.change(key, { rated: { value: before?.value ?? null, at: Date.now() } })
    problem.textContent = words.unrated
    say(words.unrated)
  }

  return (turn: Turn): HTMLElement => {
    shown = turn
    for (const one of buttons) one.element.ariaPressed = `${one.value === turn.rated?.value}`
    return element
  }
}
