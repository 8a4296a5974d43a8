import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import type { UserId, WorkspaceId } from '../../server/src/platform/id.ts'
import { lanes } from '../../server/testing/database.ts'
import type { Answer } from '../../server/testing/http.ts'
import { bearer, expectRefusal, get, useApp } from './scene.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
const json = ({ json }: Answer): any => json

describe.each(lanes)('invitations on $name', (lane) => {
  const app = useApp(lane)
  let workspaceId: WorkspaceId
  let base: string
  let admin: { userId: UserId; token: string }

  beforeEach(async () => {
    workspaceId = (await app().tenant()).workspaceId
    base = `/api/workspaces/${workspaceId}/invitations/`
    admin = await app().member(workspaceId, 'admin')
  })

  const call = (token: string, method: string, path: string, body?: object) =>
    get(app(), path, { method, headers: bearer(token), ...(body && { body }) })
  const accept = (token: string, link: string) => call(token, 'POST', '/api/invitations/accept/', { token: link })

  async function invite(email: string, role = 'viewer', as = admin.token): Promise<{ id: string; link: string }> {
    const answer = await call(as, 'POST', base, { email, role })
    expect(answer.status).toBe(201)
    expect(answer.body).not.toContain('token')
    return { id: json(answer).id, link: await linkTo(email) }
  }
  async function mailTo(email: string) {
    const { rows } = await app().ports.db.execute<{ subject: string; text: string }>(
      sql`select subject, text from outbox where recipient = ${email.toLowerCase()} order by created_at desc limit 1`,
    )
    return rows[0]
  }
  async function linkTo(email: string): Promise<string> {
    const [, token = ''] = /\/app\/invitations\/#token=([\w-]+)/.exec((await mailTo(email))?.text ?? '') ?? []
    expect(Buffer.from(token, 'base64url').length).toBeGreaterThanOrEqual(16)
    return token
  }
  const newEmail = () => `${randomUUID()}@example.com`

  /** Who has a workspace elsewhere, and has signed in here with this e-mail. */
  async function person(email: string, isVerified = true) {
    const other = await app().member((await app().tenant()).workspaceId, 'owner')
    await app().ports.db.execute(sql`
      insert into auth_users (id, name, email, email_verified, created_at, updated_at)
      values (${other.userId}, 'P', ${email}, ${isVerified}, now(), now())`)
    return other
  }

  it('accept › the invited e-mail becomes a member, once: 410 gone for the second time', async () => {
    const email = newEmail()
    const { link } = await invite(email.toUpperCase(), 'editor')
    const invited = await person(email)
    const answer = await accept(invited.token, link)
    expect([answer.status, json(answer)]).toMatchObject([200, { id: workspaceId, role: 'editor' }])
    expectRefusal(await accept(invited.token, link), 410, 'gone')
    const own = await app().issuer.token({ sub: invited.subject, workspace: workspaceId })
    expect((await call(own, 'GET', `/api/workspaces/${workspaceId}/`)).status).toBe(200)
    expect((await call(admin.token, 'POST', base, { email, role: 'viewer' })).status).toBe(201)
    const { rows } = await app().ports.db.execute(
      sql`select token_hash from invitations where workspace_id = ${workspaceId}`,
    )
    expect(JSON.stringify(rows)).not.toContain(link)
  })

  it('accept › of ten at the same time one joins', async () => {
    const email = newEmail()
    const { link } = await invite(email)
    const invited = await person(email)
    const answers = await Promise.all(Array.from({ length: 10 }, () => accept(invited.token, link)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(410)])
  })

  it('accept › 403 forbidden for another e-mail, for one that is not verified, and for none', async () => {
    const email = newEmail()
    const { link } = await invite(email)
    for (const other of [
      await person(newEmail()),
      await person(email, false),
      await app().member(workspaceId, 'viewer'),
    ])
      expect((await accept(other.token, link)).status).toBe(403)
  })

  it('accept › an external issuer’s e-mail counts if the issuer has verified it', async () => {
    const email = newEmail()
    const { link } = await invite(email)
    const { subject } = await app().member((await app().tenant()).workspaceId, 'viewer')
    const says = (claims: object) => app().issuer.token({ sub: subject, ...claims })
    expect((await accept(await says({ email }), link)).status).toBe(403)
    expect((await accept(await says({ email, email_verified: 'true' }), link)).status).toBe(403)
    expect((await accept(await says({ email, email_verified: true }), link)).status).toBe(200)
  })

  it('accept › 410 gone for what is revoked, replaced, too old, unknown, or of somebody who may invite no more', async () => {
    const email = newEmail()
    const invited = await person(email)
    const first = await invite(email)
    const second = await invite(email)
    expectRefusal(await accept(invited.token, first.link), 410, 'gone')
    expect((await call(admin.token, 'DELETE', `${base}${second.id}/`)).status).toBe(204)
    expect((await call(admin.token, 'DELETE', `${base}${second.id}/`)).status).toBe(410)
    expectRefusal(await accept(invited.token, second.link), 410, 'gone')
    const old = await invite(email)
    await app().ports.db.execute(sql`update invitations set expires_at = now() where id = ${old.id}`)
    expectRefusal(await accept(invited.token, old.link), 410, 'gone')
    expectRefusal(await accept(invited.token, 'x'.repeat(32)), 410, 'gone')
    const last = await invite(email)
    const owner = await app().member(workspaceId, 'owner')
    await call(owner.token, 'DELETE', `/api/workspaces/${workspaceId}/members/${admin.userId}/`)
    expectRefusal(await accept(invited.token, last.link), 410, 'gone')
  })

  it('create › an admin offers no owner’s role, an editor none; 429 after 20 in a day, replaced ones counted', async () => {
    expectRefusalOf(await call(admin.token, 'POST', base, { email: newEmail(), role: 'owner' }), 403)
    const editor = await app().member(workspaceId, 'editor')
    expectRefusalOf(await call(editor.token, 'POST', base, { email: newEmail(), role: 'viewer' }), 403)
    const email = newEmail()
    const made = await Promise.all(
      Array.from({ length: 23 }, (_, at) =>
        call(admin.token, 'POST', base, { email: at % 2 ? email : newEmail(), role: 'viewer' }),
      ),
    )
    expect(made.filter(({ status }) => status === 201)).toHaveLength(20)
    expect(made.filter(({ status }) => status === 429)).toHaveLength(3)
    const pending = json(await call(admin.token, 'GET', `${base}?state=pending&limit=100`)).invitations
    expect(pending.filter((one: { email: string }) => one.email === email)).toHaveLength(1)
  })

  it('create › takes no other field, no list of addresses, no line break', async () => {
    for (const body of [
      { email: newEmail(), role: 'viewer', workspace_id: randomUUID() },
      { email: newEmail(), role: 'viewer', token_hash: 'x', accepted_at: null },
      { email: 'a@example.com,b@example.com', role: 'viewer' },
      { email: 'a@example.com\nBcc: b@example.com', role: 'viewer' },
      { email: '<b>a</b>@example.com', role: 'viewer' },
      { email: newEmail(), role: 'root' },
    ])
      expect([(await call(admin.token, 'POST', base, body)).status, body]).toEqual([400, body])
  })

  it('the mail › is plain text, and a name that looks like a link or HTML stays out of it', async () => {
    const name = (text: string) =>
      app().ports.db.execute(sql`update workspaces set name = ${text} where id = ${workspaceId}`)
    await name('Bakery')
    const [plain, link, html] = [newEmail(), newEmail(), newEmail()]
    await invite(plain)
    expect((await mailTo(plain))?.text).toContain('“Bakery”')
    await name('Win at https://evil.example now')
    await invite(link)
    await name('<a href="x">Click</a>')
    await invite(html)
    for (const email of [link, html]) expect((await mailTo(email))?.text).not.toMatch(/evil|<|href/)
  })

  it('list › pages, newest first, and by state; hostile filters are refused in words', async () => {
    for (let at = 0; at < 5; at++) await invite(newEmail())
    const first = json(await call(admin.token, 'GET', `${base}?limit=3`))
    const second = json(await call(admin.token, 'GET', `${base}?limit=3&cursor=${first.next_cursor}`))
    const ids = [...first.invitations, ...second.invitations].map(({ id }: { id: string }) => id)
    expect([new Set(ids).size, second.next_cursor]).toEqual([5, null])
    for (const hostile of ["' or 1=1--", '"; drop table users', '\0', '%00', "pending'||'"]) {
      const query = encodeURIComponent(hostile)
      expect((await call(admin.token, 'GET', `${base}?state=${query}`)).status).toBe(400)
      expect((await call(admin.token, 'GET', `${base}?cursor=${query}`)).status).toBe(400)
    }
  })

  function expectRefusalOf({ status }: Answer, expected: number) {
    expect(status).toBe(expected)
  }
})
