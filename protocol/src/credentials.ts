/** A workspace's own keys for model providers. A key goes in and never comes out. */
import { z } from 'zod'
import { declare, instant } from './operation.ts'

const provider = z.enum(['openai', 'anthropic'])
const name = z.string().trim().min(1).max(100)
/** As providers give them: visible ASCII. */
const key = z
  .string()
  .regex(/^[\x21-\x7e]{1,500}$/, 'must be visible ASCII without spaces, at most 500 characters')
  .meta({ writeOnly: true })
/** Up to and with `/v1` for openai, without it for anthropic; null is the provider's own. */
const baseUrl = z.string().max(500).nullable()
const model = z.string().min(1).max(200)

const newCredential = z.strictObject({ provider, name, key, base_url: baseUrl.optional() })
const credentialChange = z.strictObject({
  name: name.optional(),
  /** Needs the key anew, so that a key never travels to another host. */
  base_url: baseUrl.optional(),
  key: key.optional(),
})
/** `model` is asked for a word; without one it is the default model at a provider's own address, and none at another. */
const credentialTrial = z.strictObject({ provider, key, base_url: baseUrl.optional(), model: model.optional() })

export const credentialAnswer = z.object({
  id: z.uuid(),
  provider,
  name: z.string(),
  base_url: z.string().nullable(),
  /** Empty for a key of less than 12 characters. */
  last_four: z.string(),
  /** When it was last tested, and what that found, in words; null where it went well or there was none. */
  tested_at: instant.nullable(),
  problem: z.string().nullable(),
  /** Null once that person is gone. */
  created_by: z.uuid().nullable(),
  created_at: instant,
  changed_at: instant,
})
export type CredentialAnswer = z.infer<typeof credentialAnswer>

const trialAnswer = z.object({
  tested_at: instant,
  /** Null when all is well. */
  code: z
    .enum([
      'key_refused',
      'model_missing',
      'no_quota',
      'too_many_requests',
      'not_reachable',
      'blocked_address',
      'not_a_provider',
      'timed_out',
      'failing',
    ])
    .nullable(),
  /** The same in words. */
  problem: z.string().nullable(),
})

const base = '/api/workspaces/:workspaceId/credentials/'
const one = `${base}:credentialId/` as const
const needs = 'editCredentials'

export const credentialOperations = declare({
  listCredentials: {
    method: 'GET',
    path: base,
    needs,
    about: 'The workspace’s own keys for model providers, the newest first; the key itself is never given.',
    status: 200,
    answer: z.object({ credentials: z.array(credentialAnswer) }),
  },
  addCredential: {
    method: 'POST',
    path: base,
    needs,
    about: 'Keeps a key, 50 at most. Bots whose model is of its provider use the newest one from then on.',
    body: newCredential,
    status: 201,
    answer: credentialAnswer,
    versionOf: versionOfCredential,
    refuses: ['conflict'],
  },
  testNewCredential: {
    method: 'POST',
    path: `${base}test/`,
    needs,
    about: 'Tries a key with its provider before it is kept, and says in words what is wrong.',
    body: credentialTrial,
    status: 200,
    answer: trialAnswer,
  },
  getCredential: {
    method: 'GET',
    path: one,
    needs,
    about: 'One credential.',
    status: 200,
    answer: credentialAnswer,
    versionOf: versionOfCredential,
  },
  changeCredential: {
    method: 'PATCH',
    path: one,
    needs,
    about: 'Changes the name, the key, or the address; another address needs the key anew.',
    body: credentialChange,
    status: 200,
    answer: credentialAnswer,
    versionOf: versionOfCredential,
  },
  removeCredential: {
    method: 'DELETE',
    path: one,
    needs,
    about: 'Deletes a key. One that bots chose is kept, unless `force` is true: they then use the next in order.',
    query: z.strictObject({ force: z.enum(['true', 'false']).default('false') }),
    status: 204,
    answer: null,
    refuses: ['conflict'],
  },
  testCredential: {
    method: 'POST',
    path: `${one}test/`,
    needs,
    about: 'Tries a kept key with its provider, and says in words what is wrong.',
    query: z.strictObject({ model: model.optional() }),
    status: 200,
    answer: trialAnswer,
    refuses: ['conflict'],
  },
})

/** A test changes nothing that somebody edits. */
function versionOfCredential({ name, base_url, changed_at }: CredentialAnswer) {
  return { name, base_url, changed_at }
}
