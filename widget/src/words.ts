/**
 * The words a visitor reads: English comes along, its later half with what shows it; each other language is a file that only its readers fetch.
 * The owner overrides any of them by its name.
 */
import type { WidgetConfig } from '@mevichat/protocol/widget-config.ts'
import { type EarlyWords, earlyWords, type Words } from './words/en.ts'

export type { EarlyWords, Words }

const translations: Record<string, () => Promise<{ words: Words }>> = {
  ar: () => import('./words/ar.ts'),
  de: () => import('./words/de.ts'),
  es: () => import('./words/es.ts'),
  fr: () => import('./words/fr.ts'),
  pt: () => import('./words/pt.ts'),
  zh: () => import('./words/zh.ts'),
}

/** The language that the owner's words are in, else the first of page and visitor that there is, else English. */
export async function chooseWords(
  { locale, words }: WidgetConfig['behavior'],
  languages: string[],
): Promise<{ language: string; words: EarlyWords & Partial<Words> }> {
  const wanted = (locale ? [locale] : languages).map((tag) => tag.slice(0, 2).toLowerCase())
  const language = wanted.find((tag) => tag === 'en' || tag in translations) ?? 'en'
  const translation = await translations[language]?.().catch(() => null)
  return { language: locale ?? language, words: { ...earlyWords, ...translation?.words, ...words } }
}

export function fill(sentence: string, n: number): string {
  return sentence.replace('{n}', String(n))
}
