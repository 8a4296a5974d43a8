/** Where the visitor writes: grows with the text, sends with Enter (never in the middle of an IME composition). */
import type { chatLimits } from '@mevichat/protocol/chat.ts'
import { type EarlyWords, fill } from '../words.ts'
import { h, icon } from './dom.ts'

const limit: (typeof chatLimits)['messageCodePoints'] = 4_000
const counterFrom = 400

export interface ComposerActions {
  onSend(text: string): void
  onStop(): void
  /** Before the button that has the focus can no longer have it. */
  takeFocus(): void
  /** Aloud. */
  say(sentence: string): void
}

/** As the server has it. */
const visible = /[^\p{White_Space}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u
const lengthLeft = (text: string) => limit - [...text].length

export function mayBeSent(text: string): boolean {
  return visible.test(text) && lengthLeft(text) >= 0
}

export function createComposer(words: EarlyWords, { onSend, onStop, takeFocus, say }: ComposerActions) {
  const input = h('textarea', {
    rows: '1',
    placeholder: words.placeholder,
    'aria-label': words.placeholder,
    'aria-describedby': 'counter',
    dir: 'auto',
  })
  const counter = h('span', { class: 'counter', id: 'counter' })
  const arrow = icon('M12 19V5m-6 6l6-6 6 6')
  const square = icon('M7 7h10v10H7z')
  const button = h('button', { type: 'submit', class: 'send', 'aria-label': words.send }, arrow, square)
  const form = h('form', { class: 'composer' }, input, counter, button)
  let isBusy = false

  function refresh() {
    const left = lengthLeft(input.value)
    const isOver = left < 0
    counter.textContent = left < counterFrom ? fill(isOver ? words.over : words.left, Math.abs(left)) : ''
    if (isOver && input.ariaInvalid !== 'true') say(counter.textContent)
    input.ariaInvalid = `${isOver}`
    const isIdle = !isBusy && !mayBeSent(input.value)
    if (isIdle && button.matches(':focus')) takeFocus()
    button.disabled = isIdle
    input.style.height = 'auto'
    input.style.height = `${input.scrollHeight}px`
  }

  input.addEventListener('input', refresh)
  input.addEventListener('keydown', (event) => {
    // 229: Safari ends a composition before it reports the Enter that ended it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    if (!isBusy && !button.disabled) form.requestSubmit()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (isBusy) return onStop()
    const text = input.value.trim()
    input.value = ''
    refresh()
    input.focus({ preventScroll: true })
    onSend(text)
  })

  return {
    form,
    input,
    refresh,
    /** While an answer is written the one button stops it. */
    setBusy(busy: boolean) {
      if (busy === isBusy) return
      isBusy = busy
      form.classList.toggle('busy', busy)
      button.ariaLabel = busy ? words.stop : words.send
      refresh()
    },
  }
}
