import { describe, expect, it } from 'vitest'
import { bearer, callsTo, expectRefusal, get, knowing, question, refunds, replying, turn, useApp } from './scene.ts'

describe('GET …/conversations/:sessionId/messages/:message/prompt/', () => {
  const app = useApp()

  async function asked() {
    const model = replying('ok', { reply: 'Five working days. [1]' })
    const tenant = await knowing(app(), { bot: { ...model, instructions: 'Be kind.' } })
    const body = turn(tenant)
    const first = (await app().chat(body)).events[0]?.data.message_id
    const second = (await app().chat({ ...body, message: 'And how many working days does an exchange take?' }))
      .events[0]
    const { token } = await app().member(tenant.workspaceId, 'viewer')
    const path = (id: unknown) =>
      `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/conversations/${body.session_id}/messages/${id}/prompt/`
    const read = (id: unknown, who = token) => get(app(), path(id), { headers: bearer(who) })
    return { model, first, second: second?.data.message_id, read }
  }

  it('is what the model was told, without what came after', async () => {
    const { model, first, second, read } = await asked()
    const { json } = await read(first)
    expect(json).toMatchObject({ messages: [{ role: 'user', content: question }], missing_passages: 0 })
    const { system } = json as { system: string }
    for (const part of ['Be kind.', refunds]) expect(system).toContain(part)
    // But for the fence, which is another each time.
    const plain = (text: string) => text.replace(/sources-\w+/g, 'sources')
    expect(plain(JSON.stringify(callsTo(app(), model)[0]))).toContain(plain(JSON.stringify(system)).slice(1, -1))
    expect((await read(second)).json).toMatchObject({ messages: [{ content: question }, { role: 'assistant' }, {}] })
  })

  it.each(['0', '999999999', 'x', '1e3', '-1'])('404 for the message %s', async (id) => {
    const { read } = await asked()
    expectRefusal(await read(id), 404, 'not_found')
  })
})
