import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tenant } from '../../server/testing/app.ts'
import { expectRefusal, post, turn, useApp } from './scene.ts'

const maxBytes = 64 * 1024

describe('POST /api/chat/ › body', () => {
  const app = useApp()
  let tenant: Tenant
  beforeAll(async () => {
    tenant = await app().tenant()
  })

  function padded(bytes: number): string {
    const json = JSON.stringify(turn(tenant))
    return json + ' '.repeat(bytes - json.length)
  }

  it('200 for 64 KiB', async () => {
    expect((await post(app(), '/api/chat/', padded(maxBytes))).status).toBe(200)
  })

  it.each([
    ['of one byte more', maxBytes + 1, {}],
    ['of one byte more sent in chunks', maxBytes + 1, { 'transfer-encoding': 'chunked' }],
    ['of 20 MiB', 20 * 1024 * 1024, {}],
    ['of 20 MiB sent in chunks', 20 * 1024 * 1024, { 'transfer-encoding': 'chunked' }],
  ])('413 payload_too_large %s, and the connection is closed', async (_, bytes, headers) => {
    const answer = await post(app(), '/api/chat/', padded(bytes), { headers })
    expectRefusal(answer, 413, 'payload_too_large')
    expect(answer.headers.connection).toBe('close')
  })

  it('415 unsupported_encoding of 20 MiB, and the connection is closed', async () => {
    const headers = { 'content-encoding': 'gzip' }
    const answer = await post(app(), '/api/chat/', Buffer.alloc(20 * 1024 * 1024), { headers })
    expectRefusal(answer, 415, 'unsupported_encoding')
    expect(answer.headers.connection).toBe('close')
  })

  it.each(['gzip', 'GZIP', 'br', 'deflate', 'zstd', 'identity, gzip', 'x'])(
    '415 unsupported_encoding for Content-Encoding %s',
    async (encoding) => {
      const answer = await post(app(), '/api/chat/', turn(tenant), { headers: { 'content-encoding': encoding } })
      expectRefusal(answer, 415, 'unsupported_encoding')
    },
  )

  it.each(['identity', 'Identity'])('200 for Content-Encoding %s', async (encoding) => {
    const answer = await post(app(), '/api/chat/', turn(tenant), { headers: { 'content-encoding': encoding } })
    expect(answer.status).toBe(200)
  })

  it.each([
    ['nothing', ''],
    ['an array', '[]'],
    ['a number', '42'],
    ['null', 'null'],
    ['a string', '"{}"'],
    ['half an object', '{"message":'],
    ['two objects', '{}{}'],
    ['a trailing comma', '{"a":1,}'],
    ['a comment', '// c\n{}'],
    ['NaN', '{"a":NaN}'],
    ['a form', 'public_key=x&message=y'],
    ['a raw newline in a string', '{"message":"a\nb"}'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['33 levels', `{"a":${'['.repeat(32)}${']'.repeat(32)}}`],
    ['30,000 levels', '['.repeat(30_000) + ']'.repeat(30_000)],
  ])('400 invalid_json for %s', async (_, body) => {
    expectRefusal(await post(app(), '/api/chat/', body), 400, 'invalid_json')
  })

  it('200 for 32 levels, and for brackets in a string', async () => {
    const deep = JSON.parse('['.repeat(31) + ']'.repeat(31))
    const fields = { deep, message: '['.repeat(100) }
    expect((await post(app(), '/api/chat/', turn(tenant, fields))).status).toBe(200)
  })

  it('200 with a byte order mark, which is dropped', async () => {
    expect((await post(app(), '/api/chat/', `\uFEFF${JSON.stringify(turn(tenant))}`)).status).toBe(200)
  })

  it.each([
    'application/json',
    'Application/JSON; Charset=UTF-8',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'not a type',
    '',
  ])('200 whatever the content type: %j', async (type) => {
    const answer = await post(app(), '/api/chat/', turn(tenant), { headers: type ? { 'content-type': type } : {} })
    expect(answer.status).toBe(200)
  })

  it('200 with unknown fields, which are ignored', async () => {
    const body = turn(tenant, { bot_id: 'x', workspace_id: 'x', plan: 'unlimited', model: 'x', history: [{}] })
    expect((await post(app(), '/api/chat/', body)).status).toBe(200)
  })

  it.each(['"__proto__"', '"\\u005f_proto__"', '"__proto__\\u0000"', '"__pro\\u0000to__"'])(
    'keeps %s from every object',
    async (name) => {
      const body = turn(tenant)
      const metadata = `{${name}:{"polluted":1},"kept":{${name}:{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}`
      const json = `${JSON.stringify(body).slice(0, -1)},${name}:{"message":"polluted"},"visitor_metadata":${metadata}}`
      expect((await post(app(), '/api/chat/', json)).status).toBe(200)
      const { rows } = await app().ports.db.execute(
        sql`select visitor_metadata::text as kept from sessions where session_id = ${body.session_id}`,
      )
      expect(rows[0]?.kept).not.toContain('__proto__')
      expect('polluted' in {}).toBe(false)
    },
  )
})
