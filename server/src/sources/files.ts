/** Uploaded files on disk: `files/<workspace>/<bot>/<id>`, under names of ours, readable by this user alone, never served. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { bots } from '../bots/tables.ts'
import type { Db } from '../platform/db/db.ts'
import { isUuid, type WorkspaceId } from '../platform/id.ts'
import { workspaces } from '../workspaces/tables.ts'
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
  const create = async () => {
    await mkdir(folderOf(ports, bot), { recursive: true, mode: 0o700 })
    return open(unfinished, 'wx', 0o600)
  }
  try {
    // A sweep may take the folder away as long as it is empty.
    await using file = await create().catch(create)
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

/**
 * Takes away the files that no source has (of replaced ones, of bots and workspaces that are gone, and of uploads that
 * broke off), and folders that are empty.
 */
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
      await dropIfEmpty(folder)
    }
    await dropIfEmpty(join(root, workspaceId))
  }
}

/** Takes away, without a grace, what bots of the last hour's deletions and workspaces that are gone had on disk. */
export async function dropFilesOfDeleted({ db, dataDir }: FilePorts & { db: Db }): Promise<void> {
  const root = join(dataDir, 'files')
  const onDisk = (await namesIn(root)).filter(isUuid)
  const isOnDisk = sql`any(${sql.param(onDisk)}::uuid[])`
  const deleted = await db
    .select({ workspaceId: bots.workspaceId, botId: bots.id })
    .from(bots)
    .where(sql`${bots.workspaceId} = ${isOnDisk} and ${bots.deletedAt} > now() - interval '1 hour'`)
  for (const bot of deleted) await rm(folderOf({ dataDir }, bot), { recursive: true, force: true })

  const there = await db.select({ id: workspaces.id }).from(workspaces).where(sql`${workspaces.id} = ${isOnDisk}`)
  // A directory of which the database knows nothing may belong to another one; the sweep has time for it.
  if (there.length === 0) return
  const gone = new Set<string>(onDisk).difference(new Set(there.map(({ id }) => id)))
  for (const id of gone) await rm(join(root, id), { recursive: true, force: true })
}

/** Takes away all that a workspace has on disk. */
export async function dropFilesOf({ dataDir }: FilePorts, workspaceId: WorkspaceId): Promise<void> {
  await rm(join(dataDir, 'files', workspaceId), { recursive: true, force: true })
}

async function dropIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error
  })
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
