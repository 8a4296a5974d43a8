import type { lateWords } from './en-late.ts'

/** Every word a visitor can read before the first answer stands. `{n}` stands for a number. */
export const earlyWords = {
  open: 'Open chat',
  close: 'Close chat',
  restart: 'New conversation',
  ai: 'AI',
  notice: 'Answers are written by AI and can be wrong.',
  greeting: 'Hi! What would you like to know?',
  placeholder: 'Ask a question',
  you: 'You:',
  send: 'Send',
  stop: 'Stop',
  retry: 'Try again',
  source: 'Source {n}',
  left: '{n} characters left',
  over: '{n} over the limit',
  searching: 'Searching…',
  reconnecting: 'Reconnecting…',
  offline: 'You are offline. It goes on once you are back.',
  rate_limited: 'That was a lot at once. Please wait.',
  quota_exceeded: 'I cannot answer more questions here for now. Please contact us directly.',
  closed: 'This chat is not available here.',
  turn_in_progress: 'The previous answer is still being written.',
  unreachable: 'The connection failed. Your question is kept.',
  failed: 'Something went wrong on our side. Your question is kept.',
}

export type EarlyWords = typeof earlyWords
export type Words = EarlyWords & typeof lateWords
