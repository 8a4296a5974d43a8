import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tenant } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import { parseEvents } from '../../server/testing/http.ts'
import { expectRefusal, post, turn, turnsOf, useApp } from './scene.ts'

describe.each(lanes)('POST /api/chat/ › fields on $name', (lane) => {
  const app = useApp(lane)
  let tenant: Tenant
  beforeAll(async () => {
    tenant = await app().tenant()
  })
  const chat = (fields: Record<string, unknown>) => post(app(), '/api/chat/', turn(tenant, fields))

  async function sessionOf(sessionId: string) {
    const { rows } = await app().ports.db.execute(sql`
      select visitor_id, visitor_metadata from sessions
      where workspace_id = ${tenant.workspaceId} and session_id = ${sessionId}`)
    return rows[0]
  }

  describe('message', () => {
    it.each([
      ['4,000 letters', 'a'.repeat(4_000)],
      ['4,000 emoji, two code units each', '🎉'.repeat(4_000)],
      ['one letter among invisible characters', '\u200b \u2800x\u00ad'],
    ])('200 for %s', async (_, message) => expect((await chat({ message })).status).toBe(200))

    it.each([
      ['4,001 letters', 'a'.repeat(4_001)],
      ['4,001 emoji', '🎉'.repeat(4_001)],
      ['4,000 letters and a NUL, which counts as sent', `${'a'.repeat(4_000)}\0`],
      ['4,000 letters and a space', `${'a'.repeat(4_000)} `],
    ])('400 message_too_long for %s', async (_, message) =>
      expectRefusal(await chat({ message }), 400, 'message_too_long'),
    )

    it.each([
      ['missing', undefined],
      ['null', null],
      ['a number', 1],
      ['an object', {}],
      ['an array', ['a']],
      ['empty', ''],
      ['spaces', ' \t\r\n\u00a0\u2003\u3000'],
      ['zero-width characters', '\u200b\u200c\u200d\u2060\ufeff'],
      ['NUL', '\0'],
      ['control and private-use characters', '\u0001\u0085\ue000'],
      ['a lone surrogate', '\ud800'],
      ['an unassigned code point', '\u0378'],
      ['Hangul filler, braille blank, a variation selector', '\u3164\u2800\ufe0f'],
      ['4,001 spaces: before message_too_long', ' '.repeat(4_001)],
    ])('400 invalid_message when %s', async (_, message) =>
      expectRefusal(await chat({ message }), 400, 'invalid_message'),
    )

    it('is stored without NUL and with lone surrogates replaced', async () => {
      const own = await app().tenant()
      const body = JSON.stringify(turn(own, { message: 'MESSAGE' })).replace('MESSAGE', 'a\\u0000b\\ud800c')
      expect((await post(app(), '/api/chat/', body)).status).toBe(200)
      expect((await turnsOf(app(), own))[0]?.question).toBe('ab\ufffdc')
    })
  })

  describe('session_id', () => {
    it.each(['1', '2', '3', '4', '5', '6', '7', '8'])('200 for a UUID of version %s', async (version) => {
      const session_id = `1ef21d2f-1207-${version}660-8c4f-419efbd44d48`
      expect((await chat({ session_id })).status).toBe(200)
    })

    it('is one whatever its case, and is echoed in lower case', async () => {
      const lower = randomUUID()
      const answer = await chat({ session_id: lower.toUpperCase() })
      expect(parseEvents(answer.body)[0]?.data.session_id).toBe(lower)
      await chat({ session_id: lower })
      const { rows } = await app().ports.db.execute(sql`
        select session_id, count(*)::int as turns from turns where session_id = ${lower} group by session_id`)
      expect(rows).toEqual([{ session_id: lower, turns: 2 }])
    })

    const uuid = '1ef21d2f-1207-4660-8c4f-419efbd44d48'
    it.each([
      ['missing', undefined],
      ['null', null],
      ['a number', 7],
      ['an array', [uuid]],
      ['nil', '00000000-0000-0000-0000-000000000000'],
      ['max', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
      ['short', uuid.slice(1)],
      ['in braces', `{${uuid}}`],
      ['a URN', `urn:uuid:${uuid}`],
      ['without hyphens', uuid.replaceAll('-', '')],
      ['followed by a newline', `${uuid}\n`],
      ['followed by a NUL', `${uuid}\0`],
      ['preceded by a space', ` ${uuid}`],
      ['not hexadecimal', `g${uuid.slice(1)}`],
      ['of another variant', uuid.replace('-8c', '-cc')],
      ['in full-width digits', uuid.replace('1', '１')],
    ])('400 invalid_session_id when %s', async (_, session_id) =>
      expectRefusal(await chat({ session_id }), 400, 'invalid_session_id'),
    )
  })

  describe('visitor_id', () => {
    it.each([null, undefined, '', 'v1', '🎉'.repeat(256)])('200 for %j', async (visitor_id) =>
      expect((await chat({ visitor_id })).status).toBe(200),
    )

    it.each([1, true, {}, ['v'], 'a'.repeat(257)])('400 invalid_visitor_id for %j', async (visitor_id) =>
      expectRefusal(await chat({ visitor_id }), 400, 'invalid_visitor_id'),
    )
  })

  describe('visitor_metadata', () => {
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))
    const bytes = (count: number) => ({ a: 'x'.repeat(count - '{"a":""}'.length) })

    it.each([
      ['null', null],
      ['absent', undefined],
      ['empty', {}],
      ['50 keys', keys(50)],
      ['8 KiB', bytes(8 * 1024)],
      ['every kind of value', { a: 1, b: [true, null], c: { d: 'e' } }],
    ])('200 when %s', async (_, visitor_metadata) => expect((await chat({ visitor_metadata })).status).toBe(200))

    it.each([
      ['an array', []],
      ['a number', 1],
      ['a string', '{}'],
      ['51 keys', keys(51)],
      ['8 KiB and a byte', bytes(8 * 1024 + 1)],
      ['8 KiB of two-byte letters', { a: 'é'.repeat(4_095) }],
    ])('400 invalid_visitor_metadata when %s', async (_, visitor_metadata) =>
      expectRefusal(await chat({ visitor_metadata }), 400, 'invalid_visitor_metadata'),
    )

    it('is stored without NUL and lone surrogates, in keys too, as is visitor_id', async () => {
      const body = turn(tenant, {
        visitor_id: 'v\0 1',
        visitor_metadata: { 'k\0': 'a\0b', deep: [{ 'x\0': 'SURROGATE' }] },
      })
      const json = JSON.stringify(body).replace('SURROGATE', '\\udc00')
      expect((await post(app(), '/api/chat/', json)).status).toBe(200)
      expect(await sessionOf(body.session_id)).toEqual({
        visitor_id: 'v 1',
        visitor_metadata: { k: 'ab', deep: [{ x: '\ufffd' }] },
      })
    })

    it('of a later turn replaces the earlier; absent or null it is kept, and so is visitor_id', async () => {
      const session_id = randomUUID()
      const kept: unknown[] = []
      for (const fields of [
        { visitor_id: 'v1', visitor_metadata: { plan: 'a', page: 1 } },
        {},
        { visitor_id: null, visitor_metadata: null },
        { visitor_metadata: { plan: 'b' } },
      ]) {
        await chat({ session_id, ...fields })
        kept.push(await sessionOf(session_id))
      }
      const first = { visitor_id: 'v1', visitor_metadata: { plan: 'a', page: 1 } }
      expect(kept).toEqual([first, first, first, { visitor_id: 'v1', visitor_metadata: { plan: 'b' } }])
    })
  })
})
