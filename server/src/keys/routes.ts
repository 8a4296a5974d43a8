/** `GET /api/widget/config/`: what the widget needs before anybody has said anything. */
import { createHash } from 'node:crypto'
import type { WidgetConfig } from '@mevichat/protocol/widget-config.ts'
import type { Bot } from '../bots/bots.ts'
import type { Db } from '../platform/db/db.ts'
import { addEndpoint, type HttpApp } from '../platform/http/app.ts'
import type { Log } from '../platform/log.ts'
import { identify, noteSeen, requireLive } from './keys.ts'
import { pageOrigin } from './page-origin.ts'

export interface KeyRoutePorts {
  db: Db
  log: Log
  publicUrl: string
}

export function addKeyRoutes(app: HttpApp, ports: KeyRoutePorts): void {
  addEndpoint(app, ports, {
    path: '/api/widget/config/',
    isPublic: true,
    methods: {
      async GET(request, reply) {
        reply.header('vary', 'Origin')
        const { public_key: publicKey } = request.query as Record<string, unknown>
        const caller = requireLive(await identify(ports, publicKey, pageOrigin(request.raw, ports.publicUrl)))
        const { bot } = caller
        noteSeen(ports, caller)
        const body = JSON.stringify(configOf(bot, ports.publicUrl))
        const etag = `"${createHash('sha256').update(bot.id).update(body).digest('base64url').slice(0, 27)}"`
        reply.header('etag', etag).header('cache-control', 'public, max-age=60')
        const known = String(request.headers['if-none-match'] ?? '').split(',')
        if (known.some((one) => one.trim().replace(/^W\//, '') === etag)) return reply.code(304).send()
        return reply.type('application/json; charset=utf-8').send(body)
      },
    },
  })
}

function configOf(bot: Bot, publicUrl: string): WidgetConfig {
  // A picture of this server is shown on the pages of others.
  const avatarUrl = bot.avatarUrl?.startsWith('/') ? new URL(bot.avatarUrl, publicUrl).href : bot.avatarUrl
  return {
    bot: { name: bot.name, avatar_url: avatarUrl },
    theme: { accent: bot.theme.accent ?? null, mode: bot.theme.mode ?? null, position: bot.theme.position ?? null },
    behavior: {
      greeting: bot.greeting,
      suggested_questions: bot.suggestedQuestions,
      citations: bot.showsCitations,
      locale: bot.locale,
      words: bot.words,
    },
  }
}
