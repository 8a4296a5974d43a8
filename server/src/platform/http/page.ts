/** A page with one thing to do: its frame and how it is sent. */
import type { FastifyReply } from 'fastify'
import { type Html, html } from './html.ts'

/** Nothing foreign loads, no script runs, nobody frames us. */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

export interface CardPage {
  title: string
  body: Html
  /** Where the browser goes on by itself: as a page, so that no form leads to another site. */
  onward?: string
}

export function sendCard(reply: FastifyReply, { title, body, onward }: CardPage): FastifyReply {
  return (
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      // Links with tokens stay here; without a referrer at all a form's `Origin` would be `null`.
      .header('referrer-policy', 'same-origin')
      .header('cache-control', 'no-store')
      .send(
        html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${onward === undefined ? null : html`<meta http-equiv="refresh" content="0; url=${onward}">`}
<title>${title} · Mevichat</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/site/sign-in.css">
</head>
<body>
<main>
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="28" height="28">Mevichat</a>
${body}
</main>
</body>
</html>
`.text,
      )
  )
}
