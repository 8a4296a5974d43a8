/** What an owner's programs say about public keys, and what they are told. */
import { z } from 'zod'
import { text } from './bots.ts'
import { declare, instant, pageOf, paging } from './operation.ts'

const name = text(200).trim().min(1, 'must not be empty')
const domains = z.array(text(300)).max(200)
/** An empty list of domains is taken with this alone. */
const acceptAnyOrigin = z.literal(true).optional()

const newKey = z.strictObject({ name, domains, accept_any_origin: acceptAnyOrigin })
const keyChange = z.strictObject({
  name: name.optional(),
  domains: domains.optional(),
  accept_any_origin: acceptAnyOrigin,
})

const keyAnswer = z.object({
  id: z.uuid(),
  name: z.string(),
  /** It stands in the page's HTML: the domains are what protects it. */
  public_key: z.string(),
  domains: z.array(z.string()),
  created_at: instant,
  /** A minute late at most. */
  last_used_at: instant.nullable(),
  /** When a page last loaded the widget with it; a minute late at most. */
  last_seen_at: instant.nullable(),
  revoked_at: instant.nullable(),
  /** `open_to_any_origin`: every page may use it. */
  warnings: z.array(z.enum(['open_to_any_origin'])),
  /** The last twenty origins that it did not take, the latest first. */
  refused_origins: z.array(z.object({ origin: z.string(), times: z.int(), last_at: instant })),
})

export type KeyAnswer = z.input<typeof keyAnswer>

const base = '/api/workspaces/:workspaceId/bots/:botId/keys/'
const one = `${base}:keyId/` as const

/** Last used, and what was refused, is nobody's change. */
const ofKey = {
  status: 200,
  answer: keyAnswer,
  versionOf: ({ name, domains, revoked_at }: KeyAnswer) => ({ name, domains, revoked_at }),
} as const

export const keyOperations = declare({
  listKeys: {
    method: 'GET',
    path: base,
    needs: 'read',
    about: 'The public keys of a bot, the newest first; revoked ones too.',
    query: z.object({ ...paging, cursor: z.uuid().optional() }),
    status: 200,
    answer: pageOf('keys', keyAnswer),
  },
  createKey: {
    method: 'POST',
    path: base,
    needs: 'editKeys',
    about: 'Makes a public key. An empty list of domains accepts any origin, and needs `accept_any_origin`.',
    body: newKey,
    status: 201,
    answer: keyAnswer,
  },
  getKey: { method: 'GET', path: one, needs: 'read', about: 'One public key.', ...ofKey },
  changeKey: {
    method: 'PATCH',
    path: one,
    needs: 'editKeys',
    about: 'Changes the name or the domains of a key.',
    body: keyChange,
    refuses: ['conflict'],
    ...ofKey,
  },
  rotateKey: {
    method: 'POST',
    path: `${one}rotate/`,
    needs: 'editKeys',
    about: 'Makes a second key with the same domains. Both work, until the first is revoked.',
    status: 201,
    answer: keyAnswer,
    refuses: ['conflict'],
  },
  revokeKey: {
    method: 'POST',
    path: `${one}revoke/`,
    needs: 'editKeys',
    about: 'From now on the key opens nothing. Answers in flight end within a second; it cannot be undone.',
    status: 200,
    answer: keyAnswer,
  },
  allowOrigin: {
    method: 'POST',
    path: `${one}allow-origin/`,
    needs: 'editKeys',
    about: 'Adds the host of an origin, such as one that was refused, to the domains of a key.',
    body: z.strictObject({ origin: text(300) }),
    status: 200,
    answer: keyAnswer,
    refuses: ['conflict'],
  },
})
