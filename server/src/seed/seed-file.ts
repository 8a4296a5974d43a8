/** What may stand in a seed file. Unknown fields are refused, so that a misspelt one is noticed. */
import { sourceSettings } from '@mevichat/protocol/sources.ts'
import { z } from 'zod'
import { planNames } from '../plans/plans.ts'
import { isUuid } from '../platform/id.ts'

const id = z
  .string()
  .refine(isUuid, 'must be a UUID')
  .transform((value) => value.toLowerCase())
const name = z.string().trim().min(1, 'must not be empty').max(200)
const text = z.string().max(2_000_000, 'must have at most two million characters')
const address = z.string().max(2_000).refine(isAddress, 'must be an address that starts with https:// or http://')
const page = z
  .string()
  .max(2_000)
  .refine(
    (value) => /^\/(?!\/)/.test(value) || isAddress(value),
    'must be an address, or a path on this server such as /help/',
  )

function isAddress(value: string): boolean {
  return /^https?:$/.test(URL.parse(value)?.protocol ?? '')
}

function isLocale(value: string): boolean {
  try {
    return Intl.getCanonicalLocales(value).length === 1
  } catch {
    return false
  }
}

/** Of two that are found again by the same name or id the second would silently be saved over the first. */
function distinct(list: { name: string; id?: string | undefined; deleted?: boolean }[], context: z.RefinementCtx) {
  for (const [at, one] of list.entries()) {
    const isTwin = ({ name, id, deleted }: typeof one) =>
      id && one.id ? id === one.id : name === one.name && !deleted && !one.deleted
    const twin = list.slice(0, at).findIndex(isTwin)
    if (twin === -1) continue
    const message = `would be taken for the one at [${twin}]: give it a name of its own, or each an id where it may have one`
    context.addIssue({ code: 'custom', path: [at], message })
  }
}

const member = z.strictObject({
  /** `iss` and `sub` of the person's tokens. */
  issuer: z.string().min(1).max(500),
  subject: z.string().min(1).max(500),
  email: z.email().nullish(),
  name: name.nullish(),
  role: z.enum(['owner', 'admin', 'editor', 'viewer']),
})

const key = z.strictObject({
  /** By which it is found again at its bot. */
  name,
  /** An empty list allows every origin. */
  domains: z.array(z.string()).max(200),
  /** One to keep; made when absent. */
  public_key: z
    .string()
    .regex(/^mvc_pk_[\w-]{8,120}$/, 'must begin with mvc_pk_ and go on with 8 to 120 letters, digits, - or _')
    .optional(),
  /** Cannot be undone. */
  revoked: z.boolean().default(false),
})

const source = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), title: name, text: text.min(1), url: page.optional() }),
  z
    .strictObject({
      type: z.literal('markdown'),
      /** By default the first heading, or the file's name. */
      title: name.optional(),
      content: text.min(1).optional(),
      /** Of a file, from the seed file's folder. */
      path: z.string().min(1).optional(),
      url: page.optional(),
    })
    .refine(
      ({ content, path }) => (content === undefined) !== (path === undefined),
      'must have either content or path',
    ),
  z.strictObject({ type: z.literal('url'), url: address }),
  z.strictObject({ type: z.literal('website'), url: address, settings: sourceSettings.optional() }),
  z.strictObject({ type: z.literal('sitemap'), url: address, settings: sourceSettings.optional() }),
  z.strictObject({ type: z.literal('qa'), question: name, answer: text.min(1).max(20_000), url: page.optional() }),
])

const bot = z.strictObject({
  /** With it a bot is found again even under another name; without it by its name. */
  id: id.optional(),
  name,
  avatar_url: address.nullish(),
  instructions: z.string().max(20_000).default(''),
  chat_model: z
    .string()
    .regex(/^(built-in|(openai|anthropic):.+)$/, 'must be built-in, openai:MODEL or anthropic:MODEL')
    .nullish(),
  embedding_model: z
    .string()
    .regex(/^(built-in|openai:.+)$/, 'must be built-in or openai:MODEL')
    .nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  unknown_answer: z.string().min(1).max(2_000).nullish(),
  moderation: z
    .strictObject({ patterns: z.array(z.string()), fallback: z.string().min(1).max(2_000).nullish() })
    .default({ patterns: [] }),
  theme: z
    .strictObject({
      accent: z
        .string()
        .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #0f766e')
        .nullish(),
      mode: z.enum(['light', 'dark', 'auto']).nullish(),
      position: z.enum(['left', 'right']).nullish(),
    })
    .default({}),
  greeting: z.string().min(1).max(2_000).nullish(),
  suggested_questions: z.array(z.string().min(1).max(200)).max(10).nullish(),
  citations: z.boolean().default(true),
  locale: z.string().refine(isLocale, 'must be a language such as en or pt-BR').nullish(),
  /** The owner's own words for the widget's texts, by their names. */
  words: z.record(z.string(), z.string()).nullish(),
  enabled: z.boolean().default(true),
  deleted: z.boolean().default(false),
  keys: z.array(key).superRefine(distinct).default([]),
  sources: z.array(source).default([]),
})

const workspace = z.strictObject({
  /** With it a workspace is found again even under another name; without it by its name. */
  id: id.optional(),
  name,
  plan: z.enum(planNames).default('free'),
  suspended: z.boolean().default(false),
  members: z.array(member).default([]),
  bots: z.array(bot).superRefine(distinct).default([]),
})

export const seedFile = z.strictObject({ workspaces: z.array(workspace).superRefine(distinct) })

export type SeedWorkspace = z.infer<typeof workspace>
export type SeedBot = z.infer<typeof bot>
export type SeedKey = z.infer<typeof key>
export type SeedSource = z.infer<typeof source>
