/** A bot's settings: as columns, over the wire, and what of a draft is other than what is live. */
import { isDeepStrictEqual } from 'node:util'
import type { SettingsAnswer, SettingsChange } from '@mevichat/protocol/bots.ts'
import { and, eq } from 'drizzle-orm'
import { modelCredentials } from '../credentials/tables.ts'
import { checkPatterns } from '../moderation/moderation.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { CredentialId, WorkspaceId } from '../platform/id.ts'
import type { BotDraft, bots } from './tables.ts'

/** The settings that are given. */
export type DraftChange = { [Name in keyof BotDraft]?: BotDraft[Name] | undefined }

/** Each setting, by its name over the wire. */
const columns = {
  name: 'name',
  avatar_url: 'avatarUrl',
  instructions: 'instructions',
  tone: 'tone',
  answer_language: 'answerLanguage',
  chat_model: 'chatModel',
  embedding_model: 'embeddingModel',
  credential_id: 'credentialId',
  temperature: 'temperature',
  max_output_tokens: 'maxOutputTokens',
  unknown_answer: 'unknownAnswer',
  moderation_patterns: 'moderationPatterns',
  moderation_fallback: 'moderationFallback',
  theme: 'theme',
  greeting: 'greeting',
  suggested_questions: 'suggestedQuestions',
  citations: 'showsCitations',
  locale: 'locale',
  words: 'words',
  translations: 'translations',
} as const satisfies Record<keyof SettingsAnswer, keyof BotDraft>

export function readSettings(change: SettingsChange): DraftChange {
  return {
    name: change.name,
    instructions: change.instructions,
    tone: change.tone,
    answerLanguage: change.answer_language,
    chatModel: change.chat_model,
    embeddingModel: change.embedding_model,
    credentialId: change.credential_id as CredentialId | null | undefined,
    temperature: change.temperature,
    maxOutputTokens: change.max_output_tokens,
    unknownAnswer: change.unknown_answer,
    moderationPatterns: change.moderation_patterns,
    moderationFallback: change.moderation_fallback,
    theme: change.theme && themeOf(change.theme),
    greeting: change.greeting,
    suggestedQuestions: change.suggested_questions,
    showsCitations: change.citations,
    locale: change.locale,
    words: change.words,
    translations: change.translations,
  }
}

export function settingsAnswer(settings: BotDraft): SettingsAnswer {
  return {
    name: settings.name,
    avatar_url: settings.avatarUrl,
    instructions: settings.instructions,
    tone: settings.tone,
    answer_language: settings.answerLanguage,
    chat_model: settings.chatModel,
    embedding_model: settings.embeddingModel,
    credential_id: settings.credentialId,
    temperature: settings.temperature,
    max_output_tokens: settings.maxOutputTokens,
    unknown_answer: settings.unknownAnswer,
    moderation_patterns: settings.moderationPatterns,
    moderation_fallback: settings.moderationFallback,
    theme: themeOf(settings.theme),
    greeting: settings.greeting,
    suggested_questions: settings.suggestedQuestions,
    citations: settings.showsCitations,
    locale: settings.locale,
    words: settings.words,
    translations: inOneOrder(settings.translations),
  }
}

function themeOf({ accent = null, mode = null, position = null }: NonNullable<SettingsChange['theme']>) {
  return { accent, mode, position }
}

/** In one order, whatever the database made of it: an ETag is of the text. A version of before there were any has none. */
function inOneOrder(translations: BotDraft['translations'] | undefined): BotDraft['translations'] {
  if (!translations) return null
  const sets = Object.entries(translations).map(([tag, { greeting, suggested_questions, words }]) => [
    tag,
    { greeting, suggested_questions, words },
  ])
  return Object.fromEntries(sets)
}

/** Of a bot's row, or of what is to become one, the settings alone. */
export function settingsOf(bot: BotDraft): BotDraft {
  return overlaid(bot, {})
}

/** What stands, with what is given in its place; anything that is no setting is left out. */
export function overlaid(standing: BotDraft, change: DraftChange): BotDraft {
  const pairs = Object.values(columns).map((name) => [name, change[name] === undefined ? standing[name] : change[name]])
  return Object.fromEntries(pairs) as BotDraft
}

/** The settings as they are edited: what is live where the draft says nothing else. */
export function draftOf(bot: typeof bots.$inferSelect): BotDraft {
  return overlaid(bot, bot.draft ?? {})
}

/** Names over the wire of the settings in which two differ. */
export function changesBetween(one: BotDraft, other: BotDraft): string[] {
  return Object.keys(columns).flatMap((name) =>
    isDeepStrictEqual(
      settingsAnswer(one)[name as keyof SettingsAnswer],
      settingsAnswer(other)[name as keyof SettingsAnswer],
    )
      ? []
      : [name],
  )
}

/** What is kept as a draft: only what differs from what is live, so that the rest follows it; null where nothing does. */
export function differenceOf(draft: BotDraft, live: BotDraft): DraftChange | null {
  const changed = changesBetween(draft, live) as (keyof SettingsAnswer)[]
  if (changed.length === 0) return null
  return Object.fromEntries(changed.map((name) => [columns[name], draft[columns[name]]]))
}

/** Throws `invalid_request`, in words, for a pattern that cannot be used and a credential that is not the workspace's. */
export async function checkSettings(
  { db }: { db: Db },
  workspaceId: WorkspaceId,
  { moderationPatterns, credentialId }: DraftChange,
): Promise<void> {
  try {
    checkPatterns(moderationPatterns ?? [])
  } catch (error) {
    throw invalid('moderation_patterns', error instanceof Error ? error.message : '', error)
  }
  if (!credentialId) return
  const [credential] = await db
    .select({ id: modelCredentials.id })
    .from(modelCredentials)
    .where(and(eq(modelCredentials.workspaceId, workspaceId), eq(modelCredentials.id, credentialId)))
  if (!credential) throw invalid('credential_id', 'The workspace has no such credential.')
}

function invalid(field: string, problem: string, cause?: unknown) {
  return fail('invalid_request', { detail: `${field}: ${problem}`, cause })
}
