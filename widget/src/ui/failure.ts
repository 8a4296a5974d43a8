/** What stands in the way of an answer, in words a visitor understands, and whether trying again can help. */
import type { Failure } from '../connection.ts'
import type { EarlyWords } from '../words.ts'
import { button, h, icon } from './dom.ts'

const closed = ['invalid_api_key', 'origin_not_allowed', 'bot_not_found', 'key_revoked']
const helpless = ['quota_exceeded', ...closed]

export function failureSentence({ code }: Failure, words: EarlyWords): string {
  const known: Partial<Record<string, string>> = words
  return closed.includes(code) ? words.closed : (known[code] ?? words.failed)
}

export function failureNotice(failure: Failure, words: EarlyWords, onRetry: () => void): HTMLElement {
  const sentence = h('p', {}, failureSentence(failure, words))
  const notice = h('div', { class: 'failure' }, icon('M12 8v5m0 3v.01M12 3a9 9 0 1 0 .01 0'), sentence)
  if (!helpless.includes(failure.code)) notice.append(button('retry', words.retry, onRetry))
  return notice
}
