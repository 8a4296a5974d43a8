/** `GET /api/widget/config/`: what the widget needs before anybody has said anything. */
import { createHash } from 'node:crypto'
import { type Multilingual, type WidgetConfig, wordsFor } from '@mevichat/protocol/widget-config.ts'
import { type Bot, translationsOf } from '../bots/bots.ts'
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
        const { public_key: publicKey, lang } = request.query as Record<string, unknown>
        const caller = requireLive(await identify(ports, publicKey, pageOrigin(request.raw, ports.publicUrl)))
        const { bot } = caller
        noteSeen(ports, caller)
        const languages = readLanguages(lang)
        const translations = languages.length > 0 ? await translationsOf(ports, caller.workspaceId, bot.id) : null
        const body = JSON.stringify(configOf(bot, translations, languages, ports.publicUrl))
        const etag = `"${createHash('sha256').update(bot.id).update(body).digest('base64url').slice(0, 27)}"`
        reply.header('etag', etag).header('cache-control', 'public, max-age=60')
        const known = (request.headers['if-none-match'] ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
        if (known.includes(etag) || known.includes('*')) return reply.code(304).send()
        return reply.type('application/json; charset=utf-8').send(body)
      },
    },
  })
}

const maxLanguages = 20

/** The visitor's languages, the dearest first, as `de-AT,de,en`. Being in the address they need no `Vary`. */
function readLanguages(lang: unknown): string[] {
  if (typeof lang !== 'string') return []
  return lang.split(',', maxLanguages).filter((tag) => /^[a-z\d-]{1,35}$/i.test(tag))
}

function configOf(
  bot: Bot,
  translations: Multilingual['translations'],
  languages: string[],
  publicUrl: string,
): WidgetConfig {
  // A picture of this server is shown on the pages of others.
  const avatarUrl = bot.avatarUrl?.startsWith('/') ? new URL(bot.avatarUrl, publicUrl).href : bot.avatarUrl
  const { greeting, suggestedQuestions: suggested_questions, words, locale } = bot
  const own = wordsFor({ greeting, suggested_questions, words, locale, translations }, languages)
  return {
    bot: { name: bot.name, avatar_url: avatarUrl },
    theme: { accent: bot.theme.accent ?? null, mode: bot.theme.mode ?? null, position: bot.theme.position ?? null },
    behavior: { ...own, citations: bot.showsCitations },
  }
}
