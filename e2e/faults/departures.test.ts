import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usage } from '../../server/src/quota/quota.ts'
import { freshAddress, startApp, type TestApp } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { send } from '../../server/testing/http.ts'
import { ask, askMany, until } from './rig.ts'

describe.each(lanes)('visitors who leave, on $name', { timeout: 180_000 }, (lane) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(lane)
  })
  afterAll(() => app[Symbol.asyncDispose]())

  it('100 of them after the first token have their replies written to the end, stored and counted', async () => {
    const tenant = await app.tenant()
    app.models.settings = { ...app.models.settings, tokens: 20, paceMs: 100 }
    const before = app.models.chatCalls().length
    const asked = await askMany(100, app, tenant)
    await Promise.all(
      asked.map(async ({ stream }) => {
        await stream.until('token')
        stream.cut()
      }),
    )
    await until(
      'all are counted',
      () => usage(app.ports, tenant.workspaceId),
      ({ used }) => used >= 100,
    )
    expect(await usage(app.ports, tenant.workspaceId)).toEqual({ used: 100, reserved: 0 })
    expect(app.models.chatCalls().length - before).toBe(100)
    expect(app.models.chatCalls().filter(({ wasCut }) => wasCut)).toEqual([])
    const { rows } = await app.ports.db.execute(sql`
      select distinct finish_reason, array_length(string_to_array(answer, ' '), 1) as words from turns
      where workspace_id = ${tenant.workspaceId}`)
    expect(rows).toEqual([{ finish_reason: 'stop', words: 20 }])
  })

  it('Stop before the first token ends the call and counts nothing', async () => {
    const tenant = await app.tenant({ bot: { chatModel: 'openai:mode:slow_first' } })
    const { sessionId, stream } = await ask(app, tenant)
    const meta = await stream.until('meta')
    const call = await until(
      'a call',
      () => app.models.chatCalls().at(-1),
      (one) => one?.mode === 'slow_first',
    )
    const body = { public_key: tenant.publicKey, session_id: sessionId, message_id: meta.data.message_id }
    const options = { method: 'POST', body, localAddress: freshAddress() }
    expect((await send(`${app.url}/api/chat/stop/`, options)).status).toBe(204)
    expect((await stream.until('done')).data).toEqual({ finish_reason: 'cancelled' })
    expect(await usage(app.ports, tenant.workspaceId)).toEqual({ used: 0, reserved: 0 })
    await until(
      'the call is ended',
      () => call?.wasCut,
      (wasCut) => wasCut === true,
    )
  })

  it('Stop while the embedding model is silent ends the turn without a call of the chat model', async () => {
    const tenant = await app.tenant()
    const before = app.models.chatCalls().length
    app.models.settings = { ...app.models.settings, mode: 'slow_first' }
    const { sessionId, stream } = await ask(app, tenant)
    const meta = await stream.until('meta')
    const embeddings = () => app.models.calls.filter(({ kind, mode }) => kind === 'embeddings' && mode === 'slow_first')
    const [call] = await until('a call', embeddings, ({ length }) => length > 0)
    app.models.settings = { ...app.models.settings, mode: 'ok' }
    const body = { public_key: tenant.publicKey, session_id: sessionId, message_id: meta.data.message_id }
    await send(`${app.url}/api/chat/stop/`, { method: 'POST', body, localAddress: freshAddress() })
    expect((await stream.until('done')).data).toEqual({ finish_reason: 'cancelled' })
    await until(
      'the call is ended',
      () => call?.wasCut,
      (wasCut) => wasCut === true,
    )
    expect(app.models.chatCalls()).toHaveLength(before)
  })

  it('Stop after the first token keeps what was written and counts it', async () => {
    const tenant = await app.tenant()
    app.models.settings = { ...app.models.settings, tokens: 1_000, paceMs: 100 }
    const sessionId = randomUUID()
    const { stream } = await ask(app, tenant, { sessionId })
    const meta = await stream.until('meta')
    await stream.until('token')
    const body = { public_key: tenant.publicKey, session_id: sessionId, message_id: meta.data.message_id }
    await send(`${app.url}/api/chat/stop/`, { method: 'POST', body, localAddress: freshAddress() })
    expect((await stream.until('done')).data).toEqual({ finish_reason: 'cancelled' })
    expect(await usage(app.ports, tenant.workspaceId)).toEqual({ used: 1, reserved: 0 })
  })
})
