/** A draft's settings as the widget gets them. */
import { type WidgetConfig, wordsFor } from '@mevichat/protocol/widget-config.ts'
import type { Output } from '../api.ts'

type Settings = Output<'getDraft'>['settings']

/** For a visitor who reads `language`; null is one for whom the default is meant. */
export function configOf(settings: Settings, language: string | null = null): WidgetConfig {
  const { theme } = settings
  return {
    bot: { name: settings.name, avatar_url: settings.avatar_url },
    theme: {
      accent: theme.accent,
      mode: theme.mode as WidgetConfig['theme']['mode'],
      position: theme.position as WidgetConfig['theme']['position'],
    },
    behavior: { ...wordsFor(settings, language ? [language] : []), citations: settings.citations, ratings: false },
  }
}
