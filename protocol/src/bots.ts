/** What an owner's programs say about bots, and what they are told. */
import { z } from 'zod'
import { declare, instant, pageOf, paging } from './operation.ts'
import { widgetLanguages } from './widget-config.ts'

/** What a database can keep: neither NUL nor half of a character. */
export function text(max: number, min = 0) {
  const problem = 'must hold neither NUL nor half of a character'
  return z
    .string()
    .min(min, 'must not be empty')
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), problem)
}

const languageNames = new Intl.DisplayNames('en', { type: 'language' })

function isLanguage(value: string): boolean {
  try {
    return languageNames.of(value) !== undefined
  } catch {
    return false
  }
}

const language = z.string().max(35).refine(isLanguage, 'must be a language such as en or pt-BR')
const sentence = text(2_000, 1)
const questions = z.array(text(200, 1)).max(10)
/** For single texts of the widget, by their names. */
const ownWords = z
  .record(z.string().regex(/^[\w.-]{1,60}$/), text(500))
  .refine((words) => Object.keys(words).length <= 100, 'must have at most 100 texts')

function isWidgetLanguage(tag: string): boolean {
  const [primary = ''] = tag.split('-')
  return (
    tag.length <= 35 &&
    isLanguage(tag) &&
    Intl.getCanonicalLocales(tag)[0] === tag &&
    widgetLanguages.some((one) => one === primary)
  )
}

/** Of a bot, what an owner edits and publishes. What is null follows the instance, the workspace or the visitor. */
export const botFields = {
  name: text(200).trim().min(1, 'must not be empty'),
  instructions: text(20_000),
  /** How it speaks. */
  tone: text(500, 1).nullable(),
  /** The language it always answers in; null is the visitor's. */
  answer_language: language.nullable(),
  chat_model: text(200)
    .regex(/^(built-in|(openai|anthropic):.+)$/, 'must be built-in, openai:MODEL or anthropic:MODEL')
    .nullable(),
  embedding_model: text(200)
    .regex(/^(built-in|openai:.+)$/, 'must be built-in or openai:MODEL')
    .nullable(),
  /** Which of the workspace's keys pays for its models. */
  credential_id: z.uuid().toLowerCase().nullable(),
  temperature: z.number().min(0).max(2).nullable(),
  max_output_tokens: z.int().min(16).max(32_000),
  unknown_answer: sentence.nullable(),
  /** RE2 patterns, of 500 characters at most. A message that one of them matches is answered with `moderation_fallback`. */
  moderation_patterns: z.array(text(2_000)).max(50),
  moderation_fallback: sentence.nullable(),
  theme: z.strictObject({
    accent: z
      .string()
      .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #0f766e')
      .nullish(),
    mode: z.enum(['light', 'dark', 'auto']).nullish(),
    position: z.enum(['left', 'right']).nullish(),
  }),
  greeting: sentence.nullable(),
  suggested_questions: questions.nullable(),
  /** Whether sources are shown under an answer. */
  citations: z.boolean(),
  /** The language of the widget and of the owner's words for it; null is the visitor's. */
  locale: language.nullable(),
  words: ownWords.nullable(),
  /** The same in other languages, by their tags; what is null there is said as in the default. */
  translations: z
    .record(
      z.string(),
      z.strictObject({
        greeting: sentence.nullable().default(null),
        suggested_questions: questions.nullable().default(null),
        words: ownWords.nullable().default(null),
      }),
    )
    .refine(
      (translations) => Object.keys(translations).every(isWidgetLanguage),
      `must be by languages of the widget (${widgetLanguages.join(', ')}), or of a region such as pt-BR`,
    )
    .refine((translations) => Object.keys(translations).length <= 20, 'must have at most 20 languages')
    .nullable(),
}

const fields = z.strictObject(botFields)
/** Each field that is given takes the place of what stands. */
const settingsChange = fields.partial()
const newBot = settingsChange.extend({ name: botFields.name })

const words = z.string().nullable()
/** Looser than what is taken: a seed file may have said what is refused today. */
const settings = z.object({
  name: z.string(),
  avatar_url: words,
  instructions: z.string(),
  tone: words,
  answer_language: words,
  chat_model: words,
  embedding_model: words,
  credential_id: words,
  temperature: z.number().nullable(),
  max_output_tokens: z.int(),
  unknown_answer: words,
  moderation_patterns: z.array(z.string()),
  moderation_fallback: words,
  theme: z.object({ accent: words, mode: words, position: words }),
  greeting: words,
  suggested_questions: z.array(z.string()).nullable(),
  citations: z.boolean(),
  locale: words,
  words: z.record(z.string(), z.string()).nullable(),
  translations: z
    .record(
      z.string(),
      z.object({
        greeting: words,
        suggested_questions: z.array(z.string()).nullable(),
        words: z.record(z.string(), z.string()).nullable(),
      }),
    )
    .nullable(),
})

const botItem = z.object({
  id: z.uuid(),
  name: z.string(),
  avatar_url: z.string().nullable(),
  is_enabled: z.boolean(),
  /** Messages older than so many days are deleted; null keeps them. */
  retention_days: z.int().nullable(),
  /** The version that is live. */
  version: z.int(),
  /** Whether its draft is another than what is live. */
  has_draft: z.boolean(),
  created_at: instant,
  updated_at: instant,
})
const botAnswer = botItem.extend({ settings })

const botChange = z.strictObject({
  is_enabled: z.boolean().optional(),
  retention_days: z.int().min(1).max(3_650).nullable().optional(),
})

const draftAnswer = z.object({
  /** The version that is live. */
  version: z.int(),
  /** The settings that publishing would change. */
  changed: z.array(z.string()),
  settings,
})

const versionItem = z.object({
  number: z.int(),
  is_live: z.boolean(),
  published_at: instant,
  /** Null for what no person of the workspace made. */
  published_by: z.object({ id: z.uuid(), name: z.string().nullable(), email: z.string().nullable() }).nullable(),
})
const versionAnswer = versionItem.extend({ settings })

const testedPattern = z.object({
  pattern: z.string(),
  matches: z.boolean(),
  /** Why it cannot be used, in words. */
  problem: z.string().nullable(),
  /** What it took to match this message, in milliseconds. */
  ms: z.number(),
})
const testedPatterns = z.object({
  is_blocked: z.boolean(),
  /** What a visitor would be told. */
  fallback: z.string(),
  patterns: z.array(testedPattern),
})

export type SettingsChange = z.output<typeof settingsChange>
export type SettingsAnswer = z.input<typeof settings>
export type BotItem = z.input<typeof botItem>
export type DraftAnswer = z.input<typeof draftAnswer>
export type VersionItem = z.input<typeof versionItem>

const base = '/api/workspaces/:workspaceId/bots/'
const one = `${base}:botId/` as const
const draft = `${one}draft/` as const

const ofDraft = {
  needs: 'editBots',
  status: 200,
  answer: draftAnswer,
  versionOf: ({ version, settings }: DraftAnswer) => ({ version, settings }),
} as const
const ofBot = {
  status: 200,
  answer: botAnswer,
  versionOf: ({ is_enabled, retention_days }: BotItem) => ({ is_enabled, retention_days }),
} as const

export const botOperations = declare({
  listBots: {
    method: 'GET',
    path: base,
    needs: 'read',
    about: 'The bots of a workspace; those whose name holds `q` if it is given.',
    query: z.object({
      q: text(200).optional(),
      sort: z.enum(['name', 'newest', 'oldest']).default('name'),
      ...paging,
      cursor: z.uuid().optional(),
    }),
    status: 200,
    answer: pageOf('bots', botItem),
  },
  createBot: {
    method: 'POST',
    path: base,
    needs: 'editBots',
    about: 'Makes a bot. Its first version is live at once.',
    body: newBot,
    status: 201,
    answer: botAnswer,
  },
  getBot: {
    method: 'GET',
    path: one,
    needs: 'read',
    about: 'One bot, with the settings that are live.',
    ...ofBot,
  },
  changeBot: {
    method: 'PATCH',
    path: one,
    needs: 'editBots',
    about: 'Switches a bot on or off, or changes how long its messages are kept. It holds at once.',
    body: botChange,
    ...ofBot,
  },
  deleteBot: {
    method: 'DELETE',
    path: one,
    needs: 'editBots',
    about: 'Deletes a bot. It answers nothing from then on; its sources and files are removed soon after.',
    status: 204,
    answer: null,
  },
  getDraft: {
    method: 'GET',
    path: draft,
    about: 'The settings as they are edited.',
    ...ofDraft,
    needs: 'read',
  },
  changeDraft: {
    method: 'PATCH',
    path: draft,
    about: 'Changes settings in the draft; visitors notice nothing until it is published.',
    body: settingsChange,
    ...ofDraft,
  },
  discardDraft: {
    method: 'DELETE',
    path: draft,
    about: 'Throws the draft away: the settings are those that are live again.',
    ...ofDraft,
  },
  setAvatar: {
    method: 'PUT',
    path: `${draft}avatar/`,
    about: 'Puts a picture into the draft: PNG, JPEG, WebP or GIF, 5 MB and 40 megapixels at most. It is encoded anew.',
    takes: 'image/*',
    ...ofDraft,
  },
  removeAvatar: {
    method: 'DELETE',
    path: `${draft}avatar/`,
    about: 'Takes the picture out of the draft.',
    ...ofDraft,
  },
  publishDraft: {
    method: 'POST',
    path: `${one}publish/`,
    about: 'Makes the draft live, as the next version.',
    needsMatch: true,
    refuses: ['conflict'],
    ...ofDraft,
  },
  listVersions: {
    method: 'GET',
    path: `${one}versions/`,
    needs: 'read',
    about: 'What was live and when, the newest first.',
    query: z.object({ ...paging, cursor: z.coerce.number().int().min(1).max(1_000_000_000).optional() }),
    status: 200,
    answer: pageOf('versions', versionItem),
  },
  getVersion: {
    method: 'GET',
    path: `${one}versions/:number/`,
    needs: 'read',
    about: 'One version with its settings.',
    status: 200,
    answer: versionAnswer,
  },
  restoreVersion: {
    method: 'POST',
    path: `${one}versions/:number/restore/`,
    about: 'Puts a version into the draft, in place of what is there.',
    needsMatch: true,
    ...ofDraft,
  },
  testModeration: {
    method: 'POST',
    path: `${one}moderation/test/`,
    needs: 'editModeration',
    about: 'Which patterns match a message, which cannot be used and why. Nothing is kept.',
    body: z.strictObject({
      /** Those of the draft if they are left out. */
      patterns: botFields.moderation_patterns.optional(),
      message: text(4_000),
    }),
    status: 200,
    answer: testedPatterns,
  },
})
