import { METHODS } from 'node:http'
import { describe, expect, it } from 'vitest'
import { type Door, doors } from './doors.ts'
import { expectRefusal, get, post, turn, useApp } from './scene.ts'

describe.each(doors)('$path', (door) => {
  const app = useApp()

  const refused = METHODS.filter(
    (method) =>
      method !== 'CONNECT' && !door.methods.some((one) => one === method) && !(door.isPublic && method === 'OPTIONS'),
  )
  const allow = [...door.methods, ...(door.isPublic ? ['OPTIONS'] : [])].join(', ')

  it.each(refused)(`405 method_not_allowed with Allow: ${allow} for %s`, async (method) => {
    const answer = await get(app(), door.path, { method, headers: { 'x-http-method-override': door.methods } })
    expect(answer.headers.allow).toBe(allow)
    if (method === 'HEAD') expect([answer.status, answer.body]).toEqual([405, ''])
    else expectRefusal(answer, 405, 'method_not_allowed', door.errorField)
  })

  it.each([door.path, door.path.replace(/\/$/, '')])(
    'the same without a trailing slash, and no redirect: %s',
    async (path) => {
      const answer = await get(app(), path, { method: door.methods[0] ?? '', ...bodyOf(door) })
      expectRefusal(answer, ...door.nobody, door.errorField)
    },
  )
})

function bodyOf({ methods }: Door) {
  return methods.includes('POST') ? { body: {} } : {}
}

describe('paths', () => {
  const app = useApp()

  it('200 on /api/chat and on /api/chat/', async () => {
    const tenant = await app().tenant()
    for (const path of ['/api/chat', '/api/chat/']) expect((await post(app(), path, turn(tenant))).status).toBe(200)
  })

  it.each([
    '/api/',
    '/api/chat/unknown/',
    '/api//chat/',
    '/api/chat//',
    '/API/chat/',
    '/api/chat/playground/.;/',
    '/api/chat/..%2fchat/',
    '/api/v1/chat/',
    '/api/conversations/export.json',
    '/api/workspaces/../../etc/passwd',
    '/api/chat/%',
    '/api/nothing/%E0%A4%A?public_key=%',
    `/api/nothing/${'a'.repeat(15_000)}`,
  ])('404 not_found for %s, whatever the method', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE', 'PROPFIND', 'OPTIONS', 'QUERY']) {
      expectRefusal(await get(app(), path, { method }), 404, 'not_found')
    }
    expect((await get(app(), path, { method: 'HEAD' })).status).toBe(404)
  })

  it('no answer names a version of the API or what the server is made of', async () => {
    const { headers } = await get(app(), '/api/widget/config/')
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-api-version']))
    expect(headers.server ?? headers['x-powered-by']).toBeUndefined()
  })
})
