import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lanes, type TestDatabase } from '../../testing/database.ts'
import { saveUser } from '../identity/identity.ts'
import type { Db } from '../platform/db/db.ts'
import { type CredentialId, newId } from '../platform/id.ts'
import { silentLog } from '../platform/log.ts'
import { openModels } from '../platform/models/registry.ts'
import { openSeal } from '../platform/seal.ts'
import { Secret } from '../platform/secret.ts'
import { saveWorkspace } from '../workspaces/workspaces.ts'
import { openBotModels } from './bot-models.ts'
import { addCredential } from './credentials.ts'

const seal = openSeal(randomBytes(32))

describe.each(lanes)('the models of a bot on $name', (lane) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await lane.open()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  /** With how often the database was asked, and a clock that stands. */
  async function scene(chatModel: string | null) {
    let now = 0
    let statements = 0
    const clock = { monotonicMs: () => now, now: () => now, sleep: async () => {} }
    const settings = {
      openai: { apiKey: null, baseUrl: 'https://api.openai.com/v1', isChosen: false },
      anthropic: { apiKey: null, baseUrl: 'https://api.anthropic.com' },
      chatModel,
      embeddingModel: null,
      dataDir: database.dataDir,
      egressAllow: [],
    }
    const models = openModels(settings, { clock, log: silentLog })
    const db = new Proxy<Db>(database.db, {
      get(target, name, receiver) {
        if (name === 'select') statements++
        return Reflect.get(target, name, receiver)
      },
    })
    const workspaceId = await saveWorkspace(database, { name: `W ${newId()}`, plan: 'free', isSuspended: false })
    const createdBy = await saveUser(database, { issuer: 'i', subject: workspaceId, email: null, name: null })
    return {
      workspaceId,
      botModels: openBotModels({ db, models, seal, clock, log: silentLog }),
      statements: () => statements,
      skip: (ms: number) => {
        now += ms
      },
      keep: (provider: 'openai' | 'anthropic') => {
        const credential = { provider, name: 'Ours', baseUrl: null, createdBy, key: new Secret('sk-ours') }
        return addCredential({ db: database.db, seal }, workspaceId, credential)
      },
    }
  }
  const unchosen = { chatModel: null, embeddingModel: null, credentialId: null }

  test('a bot of built-in models asks the database for no credential', async () => {
    const { botModels, workspaceId, keep, statements } = await scene(null)
    await keep('openai')
    expect((await botModels.chat(workspaceId, unchosen)).model.provider).toBe('built-in')
    expect((await botModels.embedding(workspaceId, unchosen)).space.provider).toBe('built-in')
    expect(statements()).toBe(0)
  })

  test('a workspace without credentials costs one statement in five seconds', async () => {
    const { botModels, workspaceId, statements, skip } = await scene('openai:gpt-x')
    for (let turn = 0; turn < 10; turn++) await botModels.chat(workspaceId, unchosen)
    expect(statements()).toBe(1)
    skip(4_999)
    await botModels.chat(workspaceId, unchosen)
    expect(statements()).toBe(1)
    skip(1)
    await botModels.chat(workspaceId, unchosen)
    expect(statements()).toBe(2)
    botModels.forget(workspaceId)
    await botModels.chat(workspaceId, unchosen)
    expect(statements()).toBe(3)
  })

  test('the one that it chose pays for the models of its provider, the workspace’s own for the others', async () => {
    const { botModels, workspaceId, keep } = await scene('openai:gpt-x')
    const { id } = await keep('anthropic')
    const bot = { chatModel: null, embeddingModel: 'openai:text-embedding-3-small', credentialId: id }
    expect(await botModels.chat(workspaceId, bot)).toMatchObject({
      model: { provider: 'anthropic' },
      modelName: 'claude-haiku-5-5',
    })
    await expect(botModels.embedding(workspaceId, bot)).rejects.toMatchObject({ code: 'llm_auth_failed' })
    await keep('openai')
    botModels.forget(workspaceId)
    expect((await botModels.embedding(workspaceId, bot)).space.model).toBe('text-embedding-3-small')
  })

  test('one that it chose and that is gone is llm_auth_failed', async () => {
    const { botModels, workspaceId, keep } = await scene('openai:gpt-x')
    await keep('openai')
    const bot = { chatModel: 'openai:gpt-x', credentialId: newId<CredentialId>() }
    await expect(botModels.chat(workspaceId, bot)).rejects.toMatchObject({ code: 'llm_auth_failed' })
  })
})
