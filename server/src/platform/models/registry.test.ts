import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startModelServer } from '../../../testing/model-server.ts'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log.ts'
import { Secret } from '../secret.ts'
import type { ChatModel } from './models.ts'
import { type Credential, type ModelSettings, openModels } from './registry.ts'

const none: ModelSettings = {
  openai: { apiKey: null, baseUrl: 'https://api.openai.com/v1', isChosen: false },
  anthropic: { apiKey: null, baseUrl: 'https://api.anthropic.com' },
  chatModel: null,
  embeddingModel: null,
  dataDir: mkdtempSync(join(tmpdir(), 'mevichat-test-')),
  egressAllow: [],
}
afterAll(() => rmSync(none.dataDir, { recursive: true, force: true }))
const openai = { apiKey: 'sk-1', baseUrl: 'https://api.openai.com/v1', isChosen: true }
const anthropic = { apiKey: 'sk-ant', baseUrl: 'https://api.anthropic.com' }
const ports = { clock: systemClock, log: silentLog }

async function use({ model, modelName }: { model: ChatModel; modelName: string }): Promise<string> {
  const request = {
    model: modelName,
    system: '',
    messages: [{ role: 'user' as const, content: 'Hello?' }],
    evidence: [],
    unknownAnswer: 'I do not know.',
    temperature: null,
    maxOutputTokens: 100,
  }
  let text = ''
  for await (const chunk of model.stream(request, AbortSignal.timeout(10_000))) if ('text' in chunk) text += chunk.text
  return text
}

describe('the model of a bot', () => {
  test.each([
    ['no key', {}, null, 'built-in', 'built-in'],
    ['an OpenAI key', { openai }, null, 'openai', 'gpt-6-luna'],
    ['an Anthropic key', { anthropic }, null, 'anthropic', 'claude-haiku-5-5'],
    ['both keys', { openai, anthropic }, null, 'openai', 'gpt-6-luna'],
    ['a server without a key', { openai: { ...openai, apiKey: null } }, null, 'built-in', 'built-in'],
    ['a chosen default', { openai, chatModel: 'openai:gpt-x' }, null, 'openai', 'gpt-x'],
    ['built-in chosen over a key', { openai, chatModel: 'built-in' }, null, 'built-in', 'built-in'],
    ['the bot’s own', { openai, anthropic }, 'anthropic:claude-x', 'anthropic', 'claude-x'],
    ['a name with a colon', { openai }, 'openai:llama3.2:3b', 'openai', 'llama3.2:3b'],
  ])('%s', async (_, own, ref, provider, modelName) => {
    await using models = openModels({ ...none, ...own }, ports)
    expect(models.chatModel(ref)).toMatchObject({ model: { provider }, modelName })
  })

  test('without a key it answers all the same', async () => {
    await using models = openModels(none, ports)
    expect(await use(models.chatModel(null))).toBe('I do not know.')
  })

  test.each(['openai:gpt-x', 'anthropic:claude-x', 'nobody:x'])(
    '%s without its key is llm_auth_failed',
    async (ref) => {
      await using models = openModels(none, ports)
      await expect(use(models.chatModel(ref))).rejects.toMatchObject({ code: 'llm_auth_failed' })
      await expect(models.embeddingModel(ref)).rejects.toMatchObject({ code: 'llm_auth_failed' })
    },
  )
})

describe('the embedding model', () => {
  test('an OpenAI key: text-embedding-3-small, opened once', async () => {
    await using models = openModels({ ...none, openai }, ports)
    const model = await models.embeddingModel(null)
    expect(model.space).toEqual({ provider: 'openai', model: 'text-embedding-3-small', dimensions: 1536 })
    expect(await models.embeddingModel('openai:text-embedding-3-small')).toBe(model)
  })

  test('one that could not be opened is tried again', async () => {
    await using server = await startModelServer({ mode: 'http401' })
    const local = { apiKey: 'k', baseUrl: `${server.url}/v1`, isChosen: true }
    await using models = openModels({ ...none, openai: local, embeddingModel: 'openai:nomic-embed-text' }, ports)
    await expect(models.embeddingModel(null)).rejects.toMatchObject({ code: 'llm_auth_failed' })
    server.settings.mode = 'ok'
    expect((await models.embeddingModel(null)).space.dimensions).toBe(1536)
  })
})

test('the built-in embedding model is kept in the data directory, for this user alone', async () => {
  await using models = openModels(none, ports)
  await models.embeddingModel(null)
  const folder = join(none.dataDir, 'models')
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/\.onnx$/)])
  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

describe('a credential', () => {
  const account = (id: string, baseUrl: string | null, key = `sk-${id}`): Credential => {
    return { id, version: '1', provider: 'openai', baseUrl, apiKey: new Secret(key) }
  }
  const allowed = { ...none, openai, egressAllow: ['127.0.0.1'] }

  test('pays for the model that is asked of it, at its own address alone', async () => {
    await using server = await startModelServer({ reply: 'Theirs.' })
    await using models = openModels({ ...allowed, anthropic, chatModel: 'anthropic:claude-x' }, ports)
    const theirs = account('a', `${server.url}/v1`)
    expect(await use(models.chatModel('openai:gpt-x', theirs))).toBe('Theirs.')
    expect(server.calls[0]).toMatchObject({ model: 'gpt-x', headers: { authorization: 'Bearer sk-a' } })
    expect(models.chatModel(null, theirs).modelName).toBe('gpt-6-luna')
    expect(models.chatModel(null, { ...theirs, provider: 'anthropic' }).modelName).toBe('claude-x')
    expect(models.providerOf('chat', null)).toBe('anthropic')
    expect(models.providerOf('embedding', null)).toBe('openai')
  })

  test('is opened once, and anew once its key has changed', async () => {
    await using models = openModels(allowed, ports)
    const theirs = account('a', null)
    const { model } = models.chatModel('openai:x', theirs)
    expect(models.chatModel('openai:y', { ...theirs }).model).toBe(model)
    expect(models.chatModel('openai:x', { ...theirs, version: '2' }).model).not.toBe(model)
    for (let other = 0; other < 1_000; other++) models.chatModel('openai:x', account(`other ${other}`, null))
    expect(models.chatModel('openai:x', theirs).model).not.toBe(model)
  })

  test('has a breaker of its own: one that fails does not keep the others from the same provider', async () => {
    await using server = await startModelServer({ mode: 'http500' })
    await using models = openModels(allowed, ports)
    const failing = account('failing', `${server.url}/v1`)
    for (let tried = 0; tried < 6; tried++)
      await expect(use(models.chatModel('openai:x', failing))).rejects.toMatchObject({ code: 'llm_unavailable' })
    const { callCount } = server
    await expect(use(models.chatModel('openai:x', failing))).rejects.toThrow('left alone')
    expect(server.callCount).toBe(callCount)
    server.settings.mode = 'ok'
    expect(await use(models.chatModel('openai:x', account('other', `${server.url}/v1`)))).toBeTruthy()
  })

  test('embeds in the space of its model, whoever pays, with the key and at the address of its own', async () => {
    await using server = await startModelServer()
    await using models = openModels(allowed, ports)
    const theirs = account('a', `${server.url}/v1`)
    const model = await models.embeddingModel(null, theirs)
    expect(model.space).toEqual((await models.embeddingModel(null)).space)
    expect(await models.embeddingModel('openai:text-embedding-3-small', theirs)).toBe(model)
    await model.embed(['a text'], 'query')
    expect(server.calls[0]).toMatchObject({ kind: 'embeddings', headers: { authorization: 'Bearer sk-a' } })
  })

  test('is sent to no address inside, though the instance’s own settings may name one', async () => {
    await using server = await startModelServer()
    const local = { ...openai, baseUrl: `${server.url}/v1` }
    await using models = openModels({ ...none, openai: local, chatModel: 'openai:x' }, ports)
    expect(await use(models.chatModel(null))).toBeTruthy()
    const { callCount } = server
    for (const baseUrl of [`${server.url}/v1`, `https://127.0.0.1:${new URL(server.url).port}/v1`])
      await expect(use(models.chatModel(null, account('a', baseUrl)))).rejects.toMatchObject({
        code: 'llm_unavailable',
      })
    expect(server.callCount).toBe(callCount)
  })
})
