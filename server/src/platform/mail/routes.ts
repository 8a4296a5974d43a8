/** The outbox, for developers: mail that an instance without SMTP has not sent. */
import type { FastifyRequest } from 'fastify'
import type { Db } from '../db/db.ts'
import { fail } from '../fail.ts'
import { addEndpoint, type HttpApp } from '../http/app.ts'
import { type Html, html } from '../http/html.ts'
import { sendCard } from '../http/page.ts'
import type { Log } from '../log.ts'
import { isLoopback } from '../loopback.ts'
import { type KeptMail, listOutbox, type Smtp } from './mail.ts'

export interface OutboxPorts {
  db: Db
  log: Log
  smtp: Smtp | null
  publicUrl: string
}

/** Whoever sees a mailed link can use it: only a browser on this very machine does, and 404 for everybody else. */
export function addOutboxRoute(app: HttpApp, ports: OutboxPorts): void {
  addEndpoint(app, ports, {
    path: '/dev/outbox/',
    methods: {
      async GET(request, reply) {
        if (ports.smtp || !isLoopback(new URL(ports.publicUrl).hostname) || !isFromHere(request))
          throw fail('not_found')
        const mails = await listOutbox(ports)
        return sendCard(reply, {
          title: 'Outbox',
          body: html`<h1>Outbox</h1>
<p class="soft">Without SMTP_URL mail stays here for a day. Only this machine sees it.</p>
${mails.length === 0 ? html`<p>Nothing was mailed yet.</p>` : mails.map(mailCard)}`,
        })
      },
    },
  })
}

/** Neither another machine, nor a proxy's client, nor a page whose host name was turned to this machine. */
function isFromHere({ headers, socket }: FastifyRequest): boolean {
  const host = URL.parse(`http://${headers.host}`)?.hostname ?? ''
  const isForwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some((name) => name in headers)
  return isLoopback(host) && isLoopback(socket.remoteAddress ?? '') && !isForwarded
}

function mailCard({ recipient, subject, text, createdAt }: KeptMail): Html {
  const parts = text.split(/(https?:\/\/\S+)/)
  return html`<article>
<h2>${subject}</h2>
<p class="soft">To ${recipient} · ${createdAt.toISOString().slice(0, 16).replace('T', ' ')} UTC</p>
<p class="mail">${parts.map((part, at) => (at % 2 ? html`<a href="${part}">${part}</a>` : html`${part}`))}</p>
</article>`
}
