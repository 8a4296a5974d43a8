/** Pictures of bots: whatever comes in, what is kept and shown is a WebP of 256 × 256 that this server has encoded itself. */
import { eq, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import { type AvatarId, newId } from '../platform/id.ts'
import { avatars, bots, botVersions } from './tables.ts'
import type { BotRef } from './versions.ts'

export const maxAvatarBytes = 5 * 1024 * 1024
const maxPixels = 40_000_000
const side = 256
const maxSeconds = 10

/** By its first bytes; what the picture is called, or said to be, is not looked at. */
const beginnings = ['\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'GIF87a', 'GIF89a']

/** Throws `invalid_request`, in words, for what is no picture that can be read. */
export async function encodeAvatar(picture: Buffer): Promise<Buffer> {
  const start = picture.subarray(0, 12).toString('latin1')
  const isWebp = start.startsWith('RIFF') && start.endsWith('WEBP')
  if (!isWebp && !beginnings.some((beginning) => start.startsWith(beginning)))
    throw fail('invalid_request', { detail: 'Only PNG, JPEG, WebP and GIF pictures are taken.' })
  const encoding = queue.then(() => encode(picture))
  queue = encoding.catch(() => {})
  return encoding
}

/** One at a time: a large picture takes some hundred megabytes while it is read. */
let queue: Promise<unknown> = Promise.resolve()

async function encode(picture: Buffer): Promise<Buffer> {
  const sharp = await openSharp()
  try {
    return await sharp(picture, { limitInputPixels: maxPixels, failOn: 'error', sequentialRead: true })
      .timeout({ seconds: maxSeconds })
      .autoOrient()
      .resize(side, side, { fit: 'cover' })
      .webp({ quality: 85 })
      .toBuffer()
  } catch (cause) {
    const isTooLarge = cause instanceof Error && /pixel limit/.test(cause.message)
    const detail = isTooLarge
      ? 'The picture has more than 40 megapixels.'
      : 'The picture cannot be read: it is broken, or not what it says.'
    throw fail('invalid_request', { detail, cause })
  }
}

/** Loaded with the first picture: most processes never see one. Of its readers only those of the four kinds are left. */
async function openSharp() {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  sharp.block({ operation: ['VipsForeignLoad'] })
  for (const kind of ['Png', 'Jpeg', 'Webp', 'Nsgif']) sharp.unblock({ operation: [`VipsForeignLoad${kind}`] })
  return sharp
}

const urlOf = (id: AvatarId) => `/avatars/${id}.webp`

/** Gives the address of the picture, on this server. */
export async function keepAvatar(db: Db, { workspaceId, botId }: BotRef, image: Buffer): Promise<string> {
  const id = newId<AvatarId>()
  await db.insert(avatars).values({ workspaceId, botId, id, image })
  return urlOf(id)
}

/** Pictures are for everybody who has the address: the id is all that is asked for. */
export async function findAvatar({ db }: { db: Db }, id: AvatarId): Promise<Buffer | null> {
  const [avatar] = await db.select({ image: avatars.image }).from(avatars).where(eq(avatars.id, id))
  return avatar ? Buffer.from(avatar.image) : null
}

/** Those that neither a draft nor a version shows, and those of deleted bots. */
export async function removeUnusedAvatars({ db }: { db: Db }): Promise<void> {
  const url = sql`'/avatars/' || ${avatars.id} || '.webp'`
  await db.delete(avatars).where(sql`not exists (
    select from ${bots} where ${bots.workspaceId} = ${avatars.workspaceId} and ${bots.id} = ${avatars.botId}
      and ${bots.deletedAt} is null and (
        ${bots.avatarUrl} = ${url} or ${bots.draft}->>'avatarUrl' = ${url} or exists (
          select from ${botVersions} where ${botVersions.workspaceId} = ${avatars.workspaceId}
            and ${botVersions.botId} = ${avatars.botId} and ${botVersions.settings}->>'avatarUrl' = ${url})))`)
}
