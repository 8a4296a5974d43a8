import { describe, expect, it } from 'vitest'
import { findTrace } from '../../server/src/conversations/conversations.ts'
import { lanes } from '../../server/testing/database.ts'
import { textOf } from '../../server/testing/http.ts'
import { callsTo, knowing, type Passage, refunds, replying, turn, useApp } from './scene.ts'

describe.each(lanes)('citations on $name', (lane) => {
  const app = useApp(lane)
  const page: Passage = {
    text: `${refunds} Shipping is free.`,
    title: 'Returns',
    url: 'https://example.com/returns#top',
  }

  async function ask(reply: string, passages: Passage[] = [page], bot = {}) {
    const model = replying('ok', { reply })
    const tenant = await knowing(app(), { bot: { ...model, ...bot } }, passages)
    const { events } = await app().chat(turn(tenant))
    const citations: unknown = events.find(({ event }) => event === 'citations')?.data.citations
    return { text: textOf(events), citations, events, prompt: callsTo(app(), model)[0]?.prompt }
  }

  it('a quote is words of the stored passage, and its link opens the page at them', async () => {
    const { text, citations, prompt } = await ask('A refund takes five working days [1].')
    expect(prompt).toContain(`[1] Returns\n${page.text}`)
    expect(text).toBe('A refund takes five working days [1].')
    const fragment = 'A%20refund%20takes%20five,come%20back%20to%20us.'
    const url = `https://example.com/returns#:~:text=${fragment}`
    expect(citations).toEqual([{ index: 1, title: 'Returns', url, quote: refunds }])
  })

  it('url is null for pasted text', async () => {
    const { citations } = await ask('A refund takes five working days [1].', [{ text: refunds }])
    expect(citations).toEqual([{ index: 1, title: 'Refunds', url: null, quote: refunds }])
  })

  it('a path alone is on this server', async () => {
    const { citations } = await ask('A refund takes five working days [1].', [{ text: refunds, url: '/docs/refunds' }])
    expect(citations).toMatchObject([{ url: expect.stringMatching(`^${app().url}/docs/refunds#:~:text=`) }])
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'])('%s becomes no link', async (url) => {
    const { citations } = await ask('A refund takes five working days [1].', [{ text: refunds, url }])
    expect(citations).toMatchObject([{ url: null }])
  })

  it('none where the passage does not bear out what is said', async () => {
    const { citations } = await ask('Penguins sing opera [1].')
    expect(citations).toBeUndefined()
  })

  it('a number that names no passage is left out of the text', async () => {
    const { text, citations } = await ask('A refund takes five working days [7]. Really [0].')
    expect(text).toBe('A refund takes five working days. Really.')
    expect(citations).toBeUndefined()
  })

  it('none where the owner does not want them, and no numbers in the text', async () => {
    const { text, events } = await ask('A refund takes five working days [1].', [page], { showsCitations: false })
    expect(text).toBe('A refund takes five working days.')
    expect(events.map(({ event }) => event)).not.toContain('citations')
  })

  it('are numbered by their order in the answer', async () => {
    const other = { text: 'A refund of gift cards takes ten working days.', title: 'Gift cards' }
    const { text, citations } = await ask(
      'A refund of gift cards takes ten working days [2]. A refund takes five working days [1].',
      [page, other],
    )
    expect(text).toMatch(/days \[1\]\..*days \[2\]\.$/)
    expect(citations).toMatchObject([{ index: 1 }, { index: 2 }])
  })

  it('why an answer is what it is, is kept with it: what was looked at, what was given and what was left out', async () => {
    const model = replying('ok', { reply: 'A refund takes five working days [1].' })
    const tenant = await knowing(app(), { bot: model }, [page, { text: 'The office is in Bonn.', title: 'Office' }])
    const body = turn(tenant)
    const { events } = await app().chat(body)
    const messageId = Number(events[0]?.data.message_id)
    const trace = await findTrace(app().ports.db, { ...tenant, sessionId: body.session_id }, messageId)
    expect(trace).toMatchObject({ asked: [body.message], verdict: 'answerable', isByWordsAlone: false })
    expect(trace?.model).toBe(model.chatModel)
    expect(trace?.firstTextMs).toBeGreaterThanOrEqual(trace?.searchMs ?? Number.NaN)
    const [best] = trace?.considered ?? []
    expect(best).toMatchObject({ passageId: trace?.given[0], leftOut: null })
    expect(best?.score).toBeGreaterThan(0)
    expect(JSON.stringify(trace)).not.toContain('Bonn')
    const elsewhere = await knowing(app())
    expect(await findTrace(app().ports.db, { ...elsewhere, sessionId: body.session_id }, messageId)).toBeNull()
  })
})
