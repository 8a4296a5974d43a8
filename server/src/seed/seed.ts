/** Seed owns what a seed file makes: workspaces, members, bots, keys and sources, the same ones at every run. */
import { readFile } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { sql } from 'drizzle-orm'
import type { z } from 'zod'
import { saveBot } from '../bots/bots.ts'
import { saveUser } from '../identity/identity.ts'
import { normaliseDomain, saveKey } from '../keys/keys.ts'
import { checkPatterns } from '../moderation/moderation.ts'
import type { Db } from '../platform/db/db.ts'
import type { BotId, KeyId, SourceId, UserId, WorkspaceId } from '../platform/id.ts'
import { addSource, listSources, readSettings, type SourceDraft } from '../sources/sources.ts'
import { saveMember, saveWorkspace } from '../workspaces/workspaces.ts'
import { type SeedBot, type SeedKey, type SeedSource, type SeedWorkspace, seedFile } from './seed-file.ts'

/** What a seed file made or found. */
export interface SeedResult {
  workspaces: {
    id: WorkspaceId
    name: string
    members: { id: UserId; subject: string; role: string }[]
    bots: {
      id: BotId
      name: string
      keys: { id: KeyId; name: string; public_key: string }[]
      sources: { id: SourceId; type: string; title?: string; url?: string }[]
    }[]
  }[]
}

/** Something in the file that cannot be saved; the message names the place. */
export class SeedError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'SeedError'
  }
}

/** What the file holds. Throws SeedError. */
export async function readSeedFile(path: string): Promise<unknown> {
  const text = await readText(path)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SeedError(`is not JSON: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}

/** Which of its sources have not been read, each with the reason. */
export async function unreadSources({ db }: { db: Db }, { workspaces }: SeedResult): Promise<string[]> {
  const problems: string[] = []
  for (const { id: workspaceId, name, bots } of workspaces) {
    for (const bot of bots) {
      const ids = new Set(bot.sources.map(({ id }) => id))
      for (const { id, state, reason, title, url } of await listSources({ db }, workspaceId, bot.id)) {
        if (!ids.has(id) || state === 'ready' || !reason) continue
        problems.push(`${name}, ${bot.name}: ${title ?? url} was not read: ${reason}`)
      }
    }
  }
  return problems
}

/**
 * Makes what is missing and updates what has changed; sources that are new or changed are queued. Nothing is deleted that
 * the file does not say. Each workspace is saved as a whole or not at all. Throws SeedError.
 */
export async function seed({ db }: { db: Db }, input: unknown, folder = process.cwd()): Promise<SeedResult> {
  const parsed = seedFile.safeParse(input)
  if (!parsed.success) throw schemaError(parsed.error)
  const made: SeedResult = { workspaces: [] }
  for (const [at, workspace] of parsed.data.workspaces.entries()) {
    const place = `workspaces[${at}]`
    // Files are read before the transaction, which others wait for.
    const drafts = await Promise.all(
      workspace.bots.map((bot, b) =>
        Promise.all(bot.sources.map((source, s) => draftOf(source, folder, `${place}.bots[${b}].sources[${s}]`))),
      ),
    )
    made.workspaces.push(
      await db.transaction(async (tx) => {
        // Two that run at the same time would both find nothing and both make it.
        await tx.execute(sql`select pg_advisory_xact_lock(hashtext('mevichat seed'))`)
        return saveAll(tx, workspace, drafts, place)
      }),
    )
  }
  return made
}

async function saveAll(db: Db, workspace: SeedWorkspace, drafts: SourceDraft[][], place: string) {
  const { name, plan, suspended: isSuspended } = workspace
  const id = await at(place, () => saveWorkspace({ db }, { id: workspace.id as WorkspaceId, name, plan, isSuspended }))
  const members = []
  for (const [m, { role, email = null, name = null, ...who }] of workspace.members.entries()) {
    const userId = await at(`${place}.members[${m}]`, () => saveUser({ db }, { ...who, email, name }))
    await saveMember({ db }, id, userId, role)
    members.push({ id: userId, subject: who.subject, role })
  }
  const bots = []
  for (const [b, bot] of workspace.bots.entries()) {
    bots.push(await saveWholeBot(db, id, bot, drafts[b] ?? [], `${place}.bots[${b}]`))
  }
  return { id, name, members, bots }
}

async function saveWholeBot(db: Db, workspaceId: WorkspaceId, bot: SeedBot, drafts: SourceDraft[], place: string) {
  await at(`${place}.moderation.patterns`, async () => checkPatterns(bot.moderation.patterns))
  const id = await at(place, () => saveBot({ db }, workspaceId, settingsOf(bot), bot.id as BotId | undefined))
  const keys = []
  for (const [k, key] of bot.keys.entries())
    keys.push(await saveOneKey(db, workspaceId, id, key, `${place}.keys[${k}]`))
  const sources = []
  for (const [s, draft] of drafts.entries()) {
    const sourceId = await at(`${place}.sources[${s}]`, () => addSource({ db }, workspaceId, id, draft))
    const { kind: type, url } = draft
    const title = 'title' in draft ? draft.title : null
    sources.push({ id: sourceId, type, ...(title && { title }), ...(url && { url }) })
  }
  return { id, name: bot.name, keys, sources }
}

/** A field that the file leaves out has its default, also where it had another value before. */
function settingsOf(bot: SeedBot) {
  return {
    name: bot.name,
    avatarUrl: bot.avatar_url ?? null,
    instructions: bot.instructions,
    chatModel: bot.chat_model ?? null,
    embeddingModel: bot.embedding_model ?? null,
    temperature: bot.temperature ?? null,
    unknownAnswer: bot.unknown_answer ?? null,
    moderationPatterns: bot.moderation.patterns,
    moderationFallback: bot.moderation.fallback ?? null,
    theme: { accent: bot.theme.accent ?? null, mode: bot.theme.mode ?? null, position: bot.theme.position ?? null },
    greeting: bot.greeting ?? null,
    suggestedQuestions: bot.suggested_questions ?? null,
    showsCitations: bot.citations,
    locale: bot.locale ?? null,
    words: bot.words ?? null,
    isEnabled: bot.enabled,
    deletedAt: bot.deleted ? new Date() : null,
  }
}

async function saveOneKey(db: Db, workspaceId: WorkspaceId, botId: BotId, key: SeedKey, place: string) {
  for (const [d, domain] of key.domains.entries()) {
    await at(`${place}.domains[${d}]`, async () => normaliseDomain(domain))
  }
  const { name, domains, public_key: publicKey, revoked: isRevoked } = key
  const saved = await at(place, () => saveKey({ db }, workspaceId, botId, { name, domains, publicKey, isRevoked }))
  if (publicKey !== undefined && saved.publicKey !== publicKey) {
    throw new SeedError(
      `${place}.public_key: the key "${name}" is there already with another public key. Give this one another name.`,
    )
  }
  return { id: saved.id, name, public_key: saved.publicKey }
}

async function draftOf(source: SeedSource, folder: string, place: string): Promise<SourceDraft> {
  if (source.type === 'url') return { kind: 'url', url: source.url }
  if (source.type === 'website' || source.type === 'sitemap')
    return { kind: source.type, url: source.url, settings: readSettings(source.settings ?? {}) }
  if (source.type === 'qa')
    return { kind: 'qa', question: source.question, answer: source.answer, url: source.url ?? null }
  if (source.type === 'text')
    return { kind: 'text', title: source.title, content: source.text, url: source.url ?? null }
  const content = source.content ?? (await readFileOf(source, folder, place))
  const fileName = source.path && basename(source.path, extname(source.path))
  const title = source.title ?? /^# +(.+?)[ #]*$/m.exec(content)?.[1]?.slice(0, 200) ?? fileName
  if (!title) throw new SeedError(`${place}: has no heading to be named by. Give it a title.`)
  return { kind: 'markdown', title, content, url: source.url ?? null }
}

function readFileOf({ path = '' }: { path?: string | undefined }, folder: string, place: string): Promise<string> {
  const whole = resolve(folder, path)
  return readText(whole, `${place}.path: ${whole} `)
}

const unreadable: Record<string, string> = {
  ENOENT: 'is not there.',
  EISDIR: 'is a folder.',
  EACCES: 'may not be read by this user.',
}

/** `subject` begins the sentence of what is wrong with it. */
async function readText(path: string, subject = ''): Promise<string> {
  try {
    // Windows' editors put a byte order mark before it.
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    throw new SeedError(`${subject}${unreadable[code] ?? `cannot be read (${code}).`}`, { cause })
  }
}

/** SQLSTATE */
const uniqueViolation = '23505'

/** Names the place of what is refused; anything else is no fault of the file. */
async function at<T>(place: string, save: () => Promise<T>): Promise<T> {
  try {
    return await save()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { cause } = error
    if (cause instanceof Error && 'code' in cause && cause.code === uniqueViolation) {
      throw new SeedError(`${place}: its id or public key is taken already.`, { cause: error })
    }
    // An error of the database has a cause; a refusal in words has none.
    throw cause === undefined ? new SeedError(`${place}: ${error.message}`, { cause: error }) : error
  }
}

/** Everything that is wrong, a line each. */
function schemaError({ issues }: z.ZodError): SeedError {
  return new SeedError(issues.map(({ path, message }) => `${pathOf(path) || 'the file'}: ${message}`).join('\n'))
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? String(part) : `${text}.${String(part)}`
  }, '')
}
