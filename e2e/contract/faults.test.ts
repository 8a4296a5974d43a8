import { describe, expect, it } from 'vitest'
import { silentLog } from '../../server/src/platform/log.ts'
import type { Tenant } from '../../server/testing/app.ts'
import { textOf } from '../../server/testing/http.ts'
import { callsTo, knowing, replying, turn, turnsOf, usageOf, useApp } from './scene.ts'
import { skippableClock } from './skippable-clock.ts'

describe('faults of the model’s provider', () => {
  const clock = skippableClock()
  const logged: unknown[][] = []
  const log = { ...silentLog, warn: (...said: unknown[]) => void logged.push(said) }
  const app = useApp(undefined, { clock, log })

  /** Asks while time flies, and leaves the breaker time to close again. */
  async function ask(mode: string, settings: Record<string, string | number> = {}) {
    const tenant = await knowing(app(), { bot: replying(mode, settings) })
    const hurry = setInterval(() => clock.skip(500), 10)
    const { events } = await app()
      .chat(turn(tenant))
      .finally(() => clearInterval(hurry))
    clock.skip(60_000)
    return { tenant, events }
  }

  // First, as retries have a budget that the faults below use up.
  it('one before the first token is tried again once, and the visitor sees nothing of it', async () => {
    const model = { chatModel: 'openai:test-model-of-the-retry' }
    const tenant = await knowing(app(), { bot: model })
    // The question's embedding comes first.
    app().models.script.push('ok', 'http500')
    const { events } = await app().chat(turn(tenant))
    expect(events.at(-1)?.data).toEqual({ finish_reason: 'stop' })
    expect(callsTo(app(), model)).toHaveLength(2)
  })

  it.each([
    ['http401', 'llm_auth_failed'],
    ['http500', 'llm_unavailable'],
    ['http429_retry_after', 'llm_unavailable'],
    ['html200', 'llm_unavailable'],
    ['json200_error', 'llm_unavailable'],
    ['empty', 'llm_unavailable'],
    ['slow_first', 'llm_timeout'],
  ])('%s: error %s and done, nothing counted', async (mode, code) => {
    const { tenant, events } = await ask(mode)
    expect(events.map(({ event }) => event)).toEqual(['meta', 'error', 'done'])
    expect(events[1]?.data).toEqual({ code, message: expect.stringMatching(/^[A-Z].*\.$/) })
    expect(events[2]?.data).toEqual({ finish_reason: 'error' })
    expect(await usageOf(app(), tenant)).toEqual({ used: 0, reserved: 0 })
    expect(await turnsOf(app(), tenant)).toMatchObject([{ answer: '', finish: 'error' }])
  })

  it.each([
    ['reset', 'llm_unavailable'],
    ['fin_early', 'llm_unavailable'],
    ['bad_json_chunk', 'llm_unavailable'],
    ['huge_line', 'llm_unavailable'],
    ['stall_mid', 'llm_timeout'],
  ])('%s in the middle: what came, then error %s and done; the part is kept, nothing counted', async (mode, code) => {
    const { tenant, events } = await ask(mode, { faultAfter: 3, reply: 'One two three four.', paceMs: 20 })
    const [meta, error, done] = events.filter(({ event }) => event !== 'token')
    expect([meta?.event, error?.data.code, done?.data]).toEqual(['meta', code, { finish_reason: 'error' }])
    expect('One two three').toContain(textOf(events))
    expect(textOf(events)).not.toBe('')
    expect(await turnsOf(app(), tenant)).toMatchObject([{ answer: textOf(events), finish: 'incomplete' }])
    expect(await usageOf(app(), tenant)).toEqual({ used: 0, reserved: 0 })
  })

  it.each(['crlf', 'blank_data', 'split_utf8', 'split_every_byte', 'dup_done', 'no_done'])(
    '%s changes nothing: the whole text and one done',
    async (mode) => {
      const { tenant, events } = await ask(mode, { reply: 'Größe – é漢字 🎉 done' })
      expect(textOf(events)).toBe('Größe – é漢字 🎉 done')
      expect(events.filter(({ event }) => event === 'done')).toMatchObject([{ data: { finish_reason: 'stop' } }])
      expect(await usageOf(app(), tenant)).toEqual({ used: 1, reserved: 0 })
    },
  )

  it('tells the operator once why, and for whom, without the credential', async () => {
    logged.length = 0
    const refused = await ask('http401')
    const cut = await ask('fin_early')
    const entry = (code: string, reason: string, { workspaceId, botId }: Tenant) => [
      { code, reason, workspaceId, botId },
      'the model failed',
    ]
    expect(logged).toEqual([
      entry('llm_auth_failed', 'openai answered 401 (invalid_api_key)', refused.tenant),
      entry('llm_unavailable', 'the connection to openai failed: UND_ERR_SOCKET', cut.tenant),
    ])
  })

  it('tells the visitor nothing of the provider’s words or of its credential', async () => {
    for (const mode of ['http401', 'http500', 'json200_error']) {
      const { events } = await ask(mode)
      expect(JSON.stringify(events)).not.toMatch(/sk-test|Incorrect|server had|openai|test-model|http:/i)
    }
  })
})
