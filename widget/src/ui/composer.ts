/** Where the visitor writes: grows with the text, sends with Enter (never in the middle of an IME composition). */
import type { chatLimits } from '@mevichat/protocol/chat.ts'
import { type EarlyWords, fill } from '../words.ts'
import { h, icon } from './dom.ts'

const limit: (typeof chatLimits)['messageCodePoints'] = 4_000
const counterFrom = 400

export interface ComposerActions {
  onSend(text: string): void
  onStop(): void
}

export function createComposer(words: EarlyWords, { onSend, onStop }: ComposerActions) {
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
    const left = limit - [...input.value].length
    counter.textContent = left < counterFrom ? fill(words.left, left) : ''
    input.ariaInvalid = `${left < 0}`
    button.disabled = !isBusy && (!input.value.trim() || left < 0)
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
