import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startModelServer } from '../../../testing/model-server.ts'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log.ts'
import type { ChatModel } from './models.ts'
import { type ModelSettings, openModels } from './registry.ts'

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
