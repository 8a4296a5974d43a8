import { describe, expect, it } from 'vitest'
import { bearer, expectRefusal, get, knowing, question, refunds, useApp } from './scene.ts'

describe('POST /api/workspaces/…/bots/…/search/', () => {
  const app = useApp()

  async function search(tenant: { workspaceId: string; botId: string }, token: string, body: object) {
    const path = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/search/`
    return get(app(), path, { method: 'POST', headers: bearer(token), body })
  }

  it('gives what the question finds with its scores, and what was left out with why', async () => {
    const text = (n: number) =>
      `${refunds} Branch number ${n} of ours says so, ${'as do many others, '.repeat(n)}always.`
    const passages = Array.from({ length: 12 }, (_, n) => ({ text: text(n), title: `Branch ${n}` }))
    const tenant = await knowing(app(), {}, [{ text: refunds, url: 'https://example.com/refunds' }, ...passages])
    const { token } = await app().member(tenant.workspaceId, 'viewer')
    const { json } = await search(tenant, token, { question })
    expect(json).toMatchObject({
      verdict: 'answerable',
      is_by_words_alone: false,
      thresholds: { low: expect.any(Number) },
    })
    const found = json as { passages: { text: string; score: number; left_out: string | null }[]; best: number }
    expect(found.passages).toHaveLength(13)
    expect(found.passages[0]).toMatchObject({ text: refunds, url: 'https://example.com/refunds', left_out: null })
    expect(found.passages[0]?.score).toBeCloseTo(found.best, 3)
    expect(found.passages.filter(({ left_out }) => left_out === null).length).toBeLessThanOrEqual(10)
    expect(found.passages.some(({ left_out }) => left_out !== null)).toBe(true)
  })

  it('finds nothing where nothing is known, and nothing of another bot', async () => {
    const empty = await app().tenant()
    await knowing(app())
    const { token } = await app().member(empty.workspaceId, 'viewer')
    expect((await search(empty, token, { question })).json).toMatchObject({ passages: [], best: 0 })
  })

  it.each([{}, { question: ' ' }, { question: 'x'.repeat(4_001) }, { question, limit: 5 }])(
    '400 for %j',
    async (body) => {
      const tenant = await app().tenant()
      const { token } = await app().member(tenant.workspaceId, 'viewer')
      expect(await search(tenant, token, body)).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
    },
  )

  it('404 for a bot of another workspace', async () => {
    const [mine, theirs] = [await app().tenant(), await app().tenant()]
    const { token } = await app().member(mine.workspaceId, 'owner')
    expectRefusal(await search({ ...theirs, workspaceId: mine.workspaceId }, token, { question }), 404, 'not_found')
  })
})
