/** What stands in the way of an answer, in words a visitor understands, and whether trying again can help. */
import type { Failure } from '../connection.ts'
import { fill, type Words } from '../words.ts'
import { button, h, icon } from './dom.ts'

const closed = ['invalid_api_key', 'origin_not_allowed', 'bot_not_found', 'key_revoked']
const helpless = ['quota_exceeded', ...closed]

export function failureSentence({ code }: Failure, words: Words): string {
  const known: Partial<Record<string, string>> = words
  return closed.includes(code) ? words.closed : (known[code] ?? words.failed)
}

/** The button counts down to the moment the server listens again. */
export function failureNotice(failure: Failure, words: Words, onRetry: () => void): HTMLElement {
  const notice = h(
    'div',
    { class: 'failure' },
    icon('M12 8v5m0 3v.01M12 3a9 9 0 1 0 .01 0'),
    h('p', {}, failureSentence(failure, words)),
  )
  if (helpless.includes(failure.code)) return notice
  const retry = button('retry', words.retry, onRetry)
  notice.append(retry)
  const tick = () => {
    const seconds = Math.ceil(((failure.retryAt ?? 0) - Date.now()) / 1000)
    retry.disabled = seconds > 0
    retry.textContent = seconds > 0 ? fill(words.wait, seconds) : words.retry
    if (seconds > 0) setTimeout(() => notice.isConnected && tick(), 1_000)
  }
  tick()
  return notice
}
