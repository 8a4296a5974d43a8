/** The dashboard's pages: one document for all its addresses, another for the frame in which the widget is shown. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FastifyReply } from 'fastify'
import { fail } from '../platform/fail.ts'

/** Scripts run by their nonce alone and make no markup out of text; styles may stand at an element. */
function contentSecurityPolicy(nonce: string, isFramed: boolean): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${isFramed ? "'self'" : "'none'"}`,
    "require-trusted-types-for 'script'",
  ].join('; ')
}

/** Throws `not_found` where the dashboard was not built. Each request has a nonce of its own. */
export async function sendDashboard(
  reply: FastifyReply,
  folder: URL,
  name: 'index.html' | 'preview.html',
): Promise<FastifyReply> {
  const page = await readFile(new URL(name, folder), 'utf8').catch(() => {
    throw fail('not_found')
  })
  const nonce = randomBytes(16).toString('base64')
  return reply
    .header('content-security-policy', contentSecurityPolicy(nonce, name === 'preview.html'))
    .header('referrer-policy', 'same-origin')
    .header('cross-origin-opener-policy', 'same-origin')
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(page.replaceAll('{{nonce}}', nonce))
}
