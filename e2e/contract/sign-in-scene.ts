/** Short ways to sign in over HTTP. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { TestApp } from '../../server/testing/app.ts'
import type { Answer } from '../../server/testing/http.ts'
import { get, post } from './scene.ts'

export const json = { 'content-type': 'application/json' }
export const address = () => `${randomUUID()}@example.com`

export function ask(app: TestApp, path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  return post(app, path, JSON.stringify(body), { headers: { ...json, origin: app.url, ...headers } })
}

/** The link in the last mail to the address. */
async function mailedLink(app: TestApp, email: string): Promise<URL> {
  const { rows } = await app.ports.pool.query<{ text: string }>(
    'select text from outbox where recipient = $1 order by created_at desc limit 1',
    [email],
  )
  return new URL(/http\S+/.exec(rows[0]?.text ?? '')?.[0] ?? '')
}

export async function tokenFor(app: TestApp, email: string): Promise<string> {
  const { status } = await ask(app, '/api/auth/sign-in/email/', { email })
  expect(status).toBe(200)
  return (await mailedLink(app, email)).searchParams.get('token') ?? ''
}

export function cookieOf(answer: Answer): string {
  return /mevichat_session=[^;]+/.exec([answer.headers['set-cookie']].flat().join())?.[0] ?? ''
}

export async function signedIn(app: TestApp, email = address()): Promise<string> {
  return cookieOf(await ask(app, '/api/auth/sign-in/link/', { token: await tokenFor(app, email) }))
}

export const who = async (app: TestApp, cookie: string) => await get(app, '/api/auth/session/', { headers: { cookie } })
