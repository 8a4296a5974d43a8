import { describe, expect, test } from 'vitest'
import type { StreamErrorCode } from '../protocol/src/chat.ts'
import { openWidgetScene, until } from './widget-scene.ts'
import { citations } from './widget-stand-in.ts'

const scene = openWidgetScene()
const { open, ask, says } = scene
const launcher = () => scene.page.locator('.launcher')
const panel = () => scene.page.getByRole('dialog')
const answer = () => scene.page.locator('.text').last()
const cited = { event: { event: 'citations', data: { citations } } } as const

describe('an answer', () => {
  test('streams onto a page of another origin, then shows its sources', async () => {
    scene.standIn.steps = ['Refunds take ', 'pause', '**five days** [2].', cited]
    await open()
    await ask('How long do refunds take?')
    await says('Refunds take')
    scene.standIn.release()
    await says('Refunds take five days 2.')
    const source = panel().getByRole('link', { name: 'Refund policy' })
    expect(await source.getAttribute('href')).toBe(citations[0]?.url)
    expect(await source.getAttribute('target')).toBe('_blank')
    expect(await source.getAttribute('rel')).toBe('noopener nofollow')
    await scene.page.getByRole('button', { name: 'Source 2' }).click()
    const focused = scene.page.locator('li:focus')
    expect(await focused.innerText()).toContain('usually in three to five working days')
  })

  test('links to its own page, to hosts of what it cites and to mail addresses, and nowhere else', async () => {
    const [shop] = citations
    const words = (own: string) =>
      `PWNED [win](http://evil.test/x) http://evil.test [a](https://shop.example.com.evil.test/) [b](https://shop.ex/) ` +
      `[help](https://shop.example.com/help) [home](${own}/home) [mail](mailto:a@shop.example.com) [1].\n\nNext http://evil.test/y.`
    await scene.page.goto(scene.host.origin)
    scene.standIn.steps = [
      words(scene.host.origin),
      'pause',
      { event: { event: 'citations', data: { citations: shop ? [shop] : [] } } },
    ]
    await launcher().click()
    await ask('Who won?')
    await until(() => answer().innerText()).toContain('Next http://evil.test/y')
    const links = () =>
      answer()
        .locator('a[href]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('href')))
    expect(await links()).toEqual([])
    scene.standIn.release()
    const allowed = ['https://shop.example.com/help', `${scene.host.origin}/home`, 'mailto:a@shop.example.com']
    await until(links).toEqual(allowed)
    expect(await answer().innerText()).toContain('PWNED win http://evil.test a b help home mail 1.')
    for (const link of await answer().locator('a[href]').all()) {
      expect(await link.getAttribute('rel')).toBe('noopener nofollow')
      expect(await link.getAttribute('target')).toBe('_blank')
    }
    await scene.page.reload()
    await until(links).toEqual(allowed)
  })

  test('is asked for once, as text/plain with an Idempotency-Key', async () => {
    scene.standIn.steps = ['Yes.']
    scene.host.attributes = `data-visitor-id="u-17" data-metadata='{"plan":"pro"}'`
    await open()
    await ask('Do you ship to Norway?')
    await says('Yes.')
    const [request, ...more] = scene.standIn.asked()
    expect(more).toEqual([])
    expect(request?.headers['content-type']).toMatch(/^text\/plain/)
    expect(request?.headers['idempotency-key']).toMatch(/^[\da-f-]{36}$/)
    expect(request?.body).toEqual({
      public_key: 'mvc_pk_test',
      session_id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      message: 'Do you ship to Norway?',
      visitor_id: 'u-17',
      visitor_metadata: { plan: 'pro' },
    })
  })

  test('shows no number that no source stands for', async () => {
    scene.standIn.steps = ['One [1], three [3].', cited]
    await open()
    await ask('?')
    await says('One 1, three .')
  })

  test('shows neither numbers nor sources with citations off', async () => {
    scene.standIn.config.behavior.citations = false
    scene.standIn.steps = ['One [1].', cited]
    await open()
    await ask('?')
    await says('One .')
    expect(await scene.page.locator('.sources').count()).toBe(0)
  })

  test('that is blocked is replaced by the fallback', async () => {
    scene.standIn.steps = [
      { event: { event: 'blocked', data: { reason: 'blocked_pattern', fallback: 'Let us not.' } } },
    ]
    await open()
    await ask('?')
    await says('Let us not.')
  })

  test('that is left for a new conversation is stopped on the server', async () => {
    scene.standIn.steps = ['One ', 'pause']
    await open()
    await ask('Count')
    await says('One')
    await scene.page.getByRole('button', { name: 'New conversation' }).click()
    const stops = () => scene.standIn.requests.filter(({ path }) => path === '/api/chat/stop/').map(({ body }) => body)
    await until(stops).toEqual([expect.objectContaining({ message_id: 128_000 })])
    const [asked] = scene.standIn.asked()
    expect(stops()[0]?.session_id).toBe(asked?.body.session_id)
  })

  test('that is stopped keeps what was written, and the server is told', async () => {
    scene.standIn.steps = ['One ', 'pause', 'two']
    await open()
    await ask('Count')
    await says('One')
    await scene.page.getByRole('button', { name: 'Stop' }).click()
    await until(() => scene.page.locator('.note').innerText()).toBe('You stopped this answer.')
    await says('One')
    const stop = scene.standIn.requests.find(({ path }) => path === '/api/chat/stop/')
    expect(stop?.body).toMatchObject({ public_key: 'mvc_pk_test', message_id: 128_000 })
    expect(await scene.page.getByRole('button', { name: 'Send' }).isVisible()).toBe(true)
  })
})

describe('an answer cannot be lost', () => {
  test('a reload keeps the conversation and asks nothing again', async () => {
    scene.standIn.steps = ['Five days [1].', cited]
    await open()
    await ask('How long?')
    await scene.page.locator('.sources').waitFor()
    await scene.page.reload()
    await scene.page.locator('.sources').waitFor()
    await says('Five days 1.')
    expect(scene.standIn.asked()).toHaveLength(1)
  })

  test('a reload in mid-answer picks it up', async () => {
    scene.standIn.steps = ['Part one. ', 'pause', 'Part two.']
    await open()
    await ask('Tell me')
    await says('Part one.')
    await scene.page.reload()
    await says('Part one.')
    scene.standIn.release()
    await says('Part one. Part two.')
    expect(scene.standIn.asked()).toHaveLength(1)
    expect(scene.standIn.requests.filter(({ path }) => path === '/api/chat/stream/')).toHaveLength(1)
  })

  test('a cut connection goes on after the last event heard', async () => {
    scene.standIn.steps = ['One ', 'pause', 'cut', 'two.']
    await open()
    await ask('Count')
    await says('One')
    scene.standIn.release()
    await says('One two.')
    const resumed = scene.standIn.requests.find(({ path }) => path === '/api/chat/stream/')
    expect(resumed?.headers['last-event-id']).toBe('2')
    expect(scene.standIn.asked()).toHaveLength(1)
  })

  test('a server that is restarting is asked again with the same key', async () => {
    scene.standIn.refusals = [{ status: 503, error: 'unavailable', retryAfter: 1 }]
    scene.standIn.steps = ['Here.']
    await open()
    await ask('There?')
    await says('Here.')
    const keys = scene.standIn.asked().map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(2)
    expect(keys[0]).toBe(keys[1])
  })

  test('a server that started anew, and has nothing after the last event heard, is asked for the whole at once', async () => {
    scene.standIn.steps = ['One ', 'two ', 'three ', 'pause', 'restart', 'four.']
    await scene.page.clock.install()
    await open()
    await ask('Count')
    await until(() => answer().innerText()).toBe('One two three')
    await scene.page.clock.pauseAt(Date.now() + 60_000)
    scene.standIn.release()
    const resumed = () => scene.standIn.requests.filter(({ path }) => path === '/api/chat/stream/')
    await until(async () => {
      await scene.page.clock.runFor(400)
      return resumed().length
    }).toBeGreaterThan(0)
    await until(() => resumed().map(({ headers }) => headers['last-event-id'])).toEqual(['4', undefined])
    await scene.page.clock.resume()
    await says('One two three four.')
  })

  test('offline, it waits and goes on by itself', async () => {
    scene.standIn.steps = ['Welcome back.']
    await open()
    await scene.context.setOffline(true)
    await ask('Hello?')
    await until(() => scene.page.locator('.stage').innerText()).toContain('You are offline')
    await scene.context.setOffline(false)
    await says('Welcome back.')
  })

  test('another tab shows it too, and a new conversation begins in both', async () => {
    scene.standIn.steps = ['Shared.']
    await open()
    const other = await scene.context.newPage()
    await other.goto(scene.host.origin)
    await other.locator('.launcher').click()
    await scene.page.bringToFront()
    await ask('Both?')
    await says('Shared.')
    await other.bringToFront()
    await until(() => other.locator('.text').innerText()).toBe('Shared.')
    await other.getByRole('button', { name: 'New conversation' }).click()
    await scene.page.bringToFront()
    await until(() => scene.page.locator('.turn').count()).toBe(0)
    expect(await scene.page.evaluate(() => localStorage.length)).toBe(0)
  })

  test('with storage blocked the chat lives in memory', async () => {
    await scene.page.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, {
          get: () => {
            throw new DOMException('blocked', 'SecurityError')
          },
        })
      }
    })
    scene.standIn.steps = ['Still here.']
    await open()
    await ask('?')
    await says('Still here.')
  })
})

describe('what stands in the way', () => {
  const refusals = [
    [500, 'internal_error', 'Something went wrong on our side. Your question is kept.', true],
    [409, 'turn_in_progress', 'The previous answer is still being written.', true],
    [403, 'origin_not_allowed', 'This chat is not available here.', false],
    [401, 'invalid_api_key', 'This chat is not available here.', false],
  ] as const

  test.each(refusals)('%i %s is said in words a visitor understands', async (status, error, sentence, mayRetry) => {
    scene.standIn.refusals = [{ status, error }]
    await open()
    await ask('?')
    await until(() => scene.page.locator('.failure p').innerText()).toBe(sentence)
    expect(await scene.page.getByRole('button', { name: 'Try again' }).count()).toBe(mayRetry ? 1 : 0)
  })

  test('429 counts down, then Retry sends the same question under the same key', async () => {
    scene.standIn.refusals = [{ status: 429, error: 'rate_limited', retryAfter: 24 }]
    scene.standIn.steps = ['Here you go.']
    await scene.page.clock.install()
    await open()
    await ask('Again?')
    const retry = scene.page.locator('.retry')
    await until(() => retry.innerText()).toMatch(/^Try again in 2\d s$/)
    expect(await retry.isDisabled()).toBe(true)
    await scene.page.clock.runFor(25_000)
    await retry.click()
    await scene.page.clock.runFor(1_000)
    await says('Here you go.')
    const [first, second] = scene.standIn.asked()
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
    expect(second?.body).toEqual(first?.body)
  })

  test('a used-up quota shows no figures of the owner and offers no retry', async () => {
    const data = {
      code: 'quota_exceeded',
      message: 'Plan free: 100 of 100',
      plan: 'free',
      used: 100,
      cap: 100,
    } as const
    scene.standIn.steps = [
      { event: { event: 'error', data } },
      { event: { event: 'done', data: { finish_reason: 'quota_exceeded' } } },
    ]
    await open()
    await ask('?')
    await until(() => scene.page.locator('.failure').innerText()).toMatch(/^I cannot answer more questions/)
    expect(await scene.page.locator('.retry').count()).toBe(0)
  })

  test.each<Exclude<StreamErrorCode, 'quota_exceeded'>>(['llm_unavailable', 'llm_timeout', 'server_restarting'])(
    '%s in the stream keeps the text and offers a retry',
    async (code) => {
      scene.standIn.steps = [
        'So far ',
        { event: { event: 'error', data: { code, message: 'internal detail' } } },
        { event: { event: 'done', data: { finish_reason: 'error' } } },
      ]
      await open()
      await ask('?')
      await scene.page.locator('.retry').waitFor()
      await says('So far')
      expect(await panel().innerText()).not.toContain('internal detail')
    },
  )

  test('a refused key shows no launcher and tells the owner once, clearly', async () => {
    scene.standIn.configRefusal = { status: 403, error: 'origin_not_allowed' }
    await scene.page.goto(scene.host.origin)
    await expect
      .poll(() => scene.warnings)
      .toEqual([`Mevichat: the key does not allow ${scene.host.origin}; add this domain to it. The chat stays hidden.`])
    expect(await scene.page.locator('mevichat-widget').count()).toBe(0)
  })
})
