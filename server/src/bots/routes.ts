/** The owner's doors to bots: their settings, draft, versions, picture and moderation; and the door that shows pictures. */
import { botOperations } from '@mevichat/protocol/bots.ts'
import { testPatterns } from '../moderation/moderation.ts'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { addEndpoint, type HttpApp } from '../platform/http/app.ts'
import { readBody } from '../platform/http/body.ts'
import { type AvatarId, type BotId, isUuid, type UserId, type WorkspaceId } from '../platform/id.ts'
import { addOperations, type OperationPorts } from '../workspaces/operations.ts'
import { botAnswer, botItem, draftAnswer, versionAnswer, versionItem } from './answers.ts'
import { encodeAvatar, findAvatar, keepAvatar, maxAvatarBytes } from './avatars.ts'
import { defaultFallback, requireBot } from './bots.ts'
import {
  changeDraft,
  createBot,
  deleteBot,
  discardDraft,
  getBot,
  listBots,
  lockBot,
  publishDraft,
  restoreVersion,
  switchBot,
} from './drafts.ts'
import { draftOf, readSettings } from './settings.ts'
import { type BotRef, type BotRow, getVersion, listVersions } from './versions.ts'

const picturesPerMinute = 20
const forever = 'public, max-age=31536000, immutable'

export function addBotRoutes(app: HttpApp, ports: OperationPorts): void {
  /** Of a draft: locks it, asks whether it is the one that the caller has read, and answers what it has become. */
  const edit =
    <C extends EditCall>(change: (tx: Db, bot: BotRow, userId: UserId, call: C) => Promise<BotRow>) =>
    (call: C) =>
      ports.db.transaction(async (tx) => {
        const bot = await lockBot(tx, refOf(call))
        call.requireMatch(draftAnswer(bot))
        return draftAnswer(await change(tx, bot, call.caller.userId, call))
      })

  addOperations(
    app,
    ports,
    botOperations,
    {
      async listBots({ caller: { workspaceId }, query: { q, sort, cursor, limit } }) {
        const found = await listBots(ports, workspaceId, { q, sort, after: cursor, limit: limit + 1 })
        const bots = found.slice(0, limit).map(botItem)
        return { bots, next_cursor: found.length > limit ? (bots.at(-1)?.id ?? null) : null }
      },
      async createBot({ caller: { workspaceId, userId }, body }) {
        const settings = { ...readSettings(body), name: body.name }
        return botAnswer(await getBot(ports, await createBot(ports, workspaceId, userId, settings)))
      },
      async getBot(call) {
        return botAnswer(await getBot(ports, refOf(call)))
      },
      async changeBot(call) {
        const { is_enabled: isEnabled, retention_days: retentionDays } = call.body
        await ports.db.transaction(async (tx) => {
          const bot = await lockBot(tx, refOf(call))
          call.requireMatch(botAnswer(bot))
          await switchBot(tx, bot, call.caller.userId, { isEnabled, retentionDays })
        })
        return botAnswer(await getBot(ports, refOf(call)))
      },
      async deleteBot(call) {
        await deleteBot(ports, refOf(call), call.caller.userId)
      },
      async getDraft(call) {
        return draftAnswer(await getBot(ports, refOf(call)))
      },
      changeDraft: edit((tx, bot, userId, { body }) => changeDraft(tx, bot, userId, readSettings(body))),
      discardDraft: edit(discardDraft),
      async setAvatar(call) {
        await ports.limiter.take('avatar', picturesPerMinute, call.caller.userId)
        const picture = await readBody(call.request.raw, maxAvatarBytes)
        const image = await encodeAvatar(picture)
        return edit<typeof call>(async (tx, bot, userId) => {
          return changeDraft(tx, bot, userId, { avatarUrl: await keepAvatar(tx, refOf(call), image) })
        })(call)
      },
      removeAvatar: edit((tx, bot, userId) => changeDraft(tx, bot, userId, { avatarUrl: null })),
      publishDraft: edit(publishDraft),
      async listVersions(call) {
        const { cursor, limit } = call.query
        const bot = await getBot(ports, refOf(call))
        const found = await listVersions(ports, refOf(call), { before: cursor, limit: limit + 1 })
        const versions = found.slice(0, limit).map((version) => versionItem(version, bot))
        return { versions, next_cursor: found.length > limit ? String(versions.at(-1)?.number) : null }
      },
      async getVersion(call) {
        const bot = await getBot(ports, refOf(call))
        return versionAnswer(await getVersion(ports, refOf(call), call.params.number), bot)
      },
      restoreVersion: edit((tx, bot, userId, { params }) => restoreVersion(tx, bot, userId, params.number)),
      async testModeration(call) {
        const draft = draftOf(await getBot(ports, refOf(call)))
        const tested = testPatterns(call.body.patterns ?? draft.moderationPatterns, call.body.message)
        return {
          is_blocked: tested.some(({ matches }) => matches),
          fallback: draft.moderationFallback ?? defaultFallback,
          patterns: tested,
        }
      },
    },
    { before: requireBot(ports) },
  )

  addEndpoint(app, ports, {
    path: '/avatars/:file',
    methods: {
      async GET(request, reply) {
        const [, id] = /^(.{36})\.webp$/.exec((request.params as Record<string, string>).file ?? '') ?? []
        const image = isUuid(id) ? await findAvatar(ports, id as AvatarId) : null
        if (!image) throw fail('not_found')
        return reply
          .type('image/webp')
          .header('cache-control', forever)
          .header('content-security-policy', "default-src 'none'; sandbox")
          .header('cross-origin-resource-policy', 'cross-origin')
          .send(image)
      },
    },
  })
}

interface BotCall {
  caller: { workspaceId: WorkspaceId; userId: UserId }
  params: { botId: string }
}
type EditCall = BotCall & { requireMatch(current: object): void }

function refOf({ caller: { workspaceId }, params }: BotCall): BotRef {
  return { workspaceId, botId: params.botId as BotId }
}
