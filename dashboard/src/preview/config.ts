/** A draft's settings as the widget gets them. */
import type { WidgetConfig } from '@mevichat/protocol/widget-config.ts'
import type { Output } from '../api.ts'

type Settings = Output<'getDraft'>['settings']

export function configOf(settings: Settings): WidgetConfig {
  const { theme } = settings
  return {
    bot: { name: settings.name, avatar_url: settings.avatar_url },
    theme: {
      accent: theme.accent,
      mode: theme.mode as WidgetConfig['theme']['mode'],
      position: theme.position as WidgetConfig['theme']['position'],
    },
    behavior: {
      greeting: settings.greeting,
      suggested_questions: settings.suggested_questions,
      citations: settings.citations,
      ratings: false,
      locale: settings.locale,
      words: settings.words,
    },
  }
}
