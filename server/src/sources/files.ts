/** Uploaded files on disk: `files/<workspace>/<bot>/<id>`, under names of ours, readable by this user alone, never served. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { isUuid } from '../platform/id.ts'
import type { BotJob } from './sync-rows.ts'

export interface FilePorts {
  dataDir: string
}

export interface KeptFile {
  id: string
  bytes: number
  /** Its first 1,024 bytes. */
  start: Buffer
}

/** Streams the content to disk. What breaks off leaves nothing behind. */
export async function keepFile(ports: FilePorts, bot: BotJob, content: AsyncIterable<Buffer>): Promise<KeptFile> {
  const id = randomUUID()
  const path = pathOf(ports, bot, id)
  const unfinished = `${path}.part`
  await mkdir(folderOf(ports, bot), { recursive: true, mode: 0o700 })
  try {
    await using file = await open(unfinished, 'wx', 0o600)
    let start: Buffer = Buffer.alloc(0)
    let bytes = 0
    for await (const part of content) {
      if (start.length < 1_024) start = Buffer.concat([start, part]).subarray(0, 1_024)
      bytes += part.length
      await file.writeFile(part)
    }
    await rename(unfinished, path)
    return { id, bytes, start }
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

/** Null when it is gone. */
export async function readKeptFile(ports: FilePorts, bot: BotJob, id: string): Promise<Buffer | null> {
  return readFile(pathOf(ports, bot, id)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

export async function dropFile(ports: FilePorts, bot: BotJob, id: string): Promise<void> {
  await rm(pathOf(ports, bot, id), { force: true })
}

/** An upload may be on disk for so long before its source is made. */
const graceMs = 3_600_000

/** Takes away the files that no source has: of replaced ones, of bots and workspaces that are gone, and of uploads that broke off. */
export async function sweepFiles(ports: FilePorts & { db: Db }, { olderThanMs = graceMs } = {}): Promise<void> {
  const root = join(ports.dataDir, 'files')
  for (const workspaceId of await namesIn(root)) {
    for (const botId of await namesIn(join(root, workspaceId))) {
      const folder = join(root, workspaceId, botId)
      const kept = await idsOf(ports.db, workspaceId, botId)
      for (const name of await namesIn(folder)) {
        const found = kept.has(name) ? null : await stat(join(folder, name)).catch(() => null)
        if (found && Date.now() - found.mtimeMs >= olderThanMs) await rm(join(folder, name), { force: true })
      }
    }
  }
}

async function idsOf(db: Db, workspaceId: string, botId: string): Promise<Set<string>> {
  if (!isUuid(workspaceId) || !isUuid(botId)) return new Set()
  const { rows } = await db.execute<{ id: string }>(sql`
    select file->>'id' as id from sources
    where workspace_id = ${workspaceId} and bot_id = ${botId} and file is not null`)
  return new Set(rows.map(({ id }) => id))
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

function folderOf({ dataDir }: FilePorts, { workspaceId, botId }: BotJob): string {
  return join(dataDir, 'files', workspaceId, botId)
}

function pathOf(ports: FilePorts, bot: BotJob, id: string): string {
  return join(folderOf(ports, bot), id)
}
