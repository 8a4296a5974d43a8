/** The languages that the widget has words of its own in. */
export const widgetLanguages = ['ar', 'de', 'en', 'es', 'fr', 'pt', 'zh'] as const

/** What an owner says to visitors in one language; what is null is said as in the default. */
export interface OwnWords {
  greeting: string | null
  suggested_questions: string[] | null
  /** For single texts of the widget, by the names in the widget's `words/`. */
  words: Record<string, string> | null
}

/** What `GET /api/widget/config/` answers. Fields are added, never removed; what is absent is null. */
export interface WidgetConfig {
  bot: { name: string; avatar_url: string | null }
  theme: WidgetTheme
  behavior: OwnWords & {
    /** Whether the widget shows sources under an answer. */
    citations: boolean
    /** False where nobody is there to rate answers, as in the dashboard's preview. */
    ratings?: false
    /** BCP 47; null follows the page and the visitor's browser. */
    locale: string | null
  }
}

export interface WidgetTheme {
  /** `#rrggbb` */
  accent: string | null
  mode: 'light' | 'dark' | 'auto' | null
  position: 'left' | 'right' | null
}

export interface Multilingual extends OwnWords {
  locale: string | null
  translations: Record<string, OwnWords> | null
}

/**
 * What a visitor is told who reads these languages, the dearest first (RFC 4647 §3.4, lookup): the set of the first that
 * there is one for, field by field over the default, which stands for `locale`; else the default.
 */
export function wordsFor(
  { greeting, suggested_questions, words, locale, translations }: Multilingual,
  languages: readonly string[],
): OwnWords & { locale: string | null } {
  const kept = new Map(Object.entries(translations ?? {}).map(([tag, own]) => [tag.toLowerCase(), { tag, own }]))
  const ofDefault = locale?.toLowerCase()
  const standing = { greeting, suggested_questions, words, locale }
  for (const range of languages) {
    for (let tag = range.toLowerCase(); tag; tag = tag.replace(/(?:-\w)?-?[^-]*$/, '')) {
      const found = kept.get(tag)
      if (found) {
        const { own } = found
        return {
          greeting: own.greeting ?? greeting,
          suggested_questions: own.suggested_questions ?? suggested_questions,
          words: own.words ? { ...words, ...own.words } : words,
          locale: found.tag,
        }
      }
      if (tag === ofDefault) return standing
    }
  }
  return standing
}
