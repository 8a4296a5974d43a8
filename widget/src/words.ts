/**
 * Every word a visitor can read: English here, each other language in a file of its own that only its readers fetch.
 * `{n}` stands for a number. The owner overrides any of them by its name.
 */
import type { WidgetConfig } from '@mevichat/protocol/widget-config.ts'

const english = {
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
  copy: 'Copy',
  copied: 'Copied',
  source: 'Source {n}',
  sources: 'Sources',
  latest: 'Go to the end',
  left: '{n} characters left',
  searching: 'Searching…',
  reconnecting: 'Reconnecting…',
  offline: 'You are offline. It goes on by itself once you are back.',
  stopped: 'You stopped this answer.',
  cut: 'This answer reached its maximum length.',
  rate_limited: 'That was a lot at once. Please wait a moment.',
  wait: 'Try again in {n} s',
  quota_exceeded: 'I cannot answer any more questions here for now. Please contact us directly.',
  closed: 'This chat is not available here at the moment.',
  turn_in_progress: 'The previous answer is still being written.',
  unreachable: 'The connection failed. Your question is kept.',
  failed: 'Something went wrong on our side. Your question is kept.',
}

export type Words = typeof english

const translations: Record<string, () => Promise<{ words: Words }>> = {
  ar: () => import('./words/ar.ts'),
  de: () => import('./words/de.ts'),
  es: () => import('./words/es.ts'),
  fr: () => import('./words/fr.ts'),
  pt: () => import('./words/pt.ts'),
  zh: () => import('./words/zh.ts'),
}

/** The owner's choice of language, else the first of the visitor's that there is, else English. */
export async function chooseWords({
  locale,
  words,
}: WidgetConfig['behavior']): Promise<{ language: string; words: Words }> {
  const wanted = (locale ? [locale] : navigator.languages).map((tag) => tag.slice(0, 2).toLowerCase())
  const language = wanted.find((tag) => tag === 'en' || tag in translations) ?? 'en'
  const translation = await translations[language]?.().catch(() => null)
  return { language: locale ?? language, words: { ...english, ...translation?.words, ...words } }
}

export function fill(sentence: string, n: number): string {
  return sentence.replace('{n}', String(n))
}
