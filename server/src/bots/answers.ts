/** Bots as they go over the wire. */
import type { BotItem, DraftAnswer, VersionItem } from '@mevichat/protocol/bots.ts'
import { changesBetween, draftOf, settingsAnswer } from './settings.ts'
import type { BotDraft } from './tables.ts'
import type { BotRow, Version } from './versions.ts'

export function botItem(bot: BotRow): BotItem {
  return {
    id: bot.id,
    name: bot.name,
    avatar_url: bot.avatarUrl,
    is_enabled: bot.isEnabled,
    retention_days: bot.retentionDays,
    version: bot.version,
    has_draft: changesBetween(draftOf(bot), bot).length > 0,
    created_at: bot.createdAt.toISOString(),
    updated_at: bot.updatedAt.toISOString(),
  }
}

export function botAnswer(bot: BotRow) {
  return { ...botItem(bot), settings: settingsAnswer(bot) }
}

export function draftAnswer(bot: BotRow): DraftAnswer {
  const draft = draftOf(bot)
  return { version: bot.version, changed: changesBetween(draft, bot), settings: settingsAnswer(draft) }
}

export function versionItem({ number, publishedAt, publishedBy }: Version, { version }: BotRow): VersionItem {
  return {
    number,
    is_live: number === version,
    published_at: publishedAt.toISOString(),
    published_by: publishedBy,
  }
}

export function versionAnswer(version: Version & { settings: BotDraft }, bot: BotRow) {
  return { ...versionItem(version, bot), settings: settingsAnswer(version.settings) }
}
