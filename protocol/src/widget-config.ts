/** What `GET /api/widget/config/` answers. Fields are added, never removed; what is absent is null. */
export interface WidgetConfig {
  bot: { name: string; avatar_url: string | null }
  theme: WidgetTheme
  behavior: {
    greeting: string | null
    suggested_questions: string[] | null
    /** Whether the widget shows sources under an answer. */
    citations: boolean
    /** BCP 47; null follows the visitor's browser. */
    locale: string | null
    /** The owner's own words for the widget's texts, by the names in the widget's `words.ts`. */
    words: Record<string, string> | null
  }
}

export interface WidgetTheme {
  /** `#rrggbb` */
  accent: string | null
  mode: 'light' | 'dark' | 'auto' | null
  position: 'left' | 'right' | null
}
