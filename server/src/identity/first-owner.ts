/** The one link by which an instance without an owner gets its first. */
import { createHash, randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { fail } from '../platform/fail.ts'
import type { UserId } from '../platform/id.ts'
import { saveSignInUser } from './sign-in-users.ts'
import { ownerLinks } from './tables.ts'

/** What the first owner comes to own is known further up. */
export interface Ownership {
  isOwned(db: Db): Promise<boolean>
  /** In the transaction that uses the link up. */
  own(db: Db, userId: UserId): Promise<void>
}

/** The token of a new link, which makes the one before void; null when the instance has an owner. */
export async function newOwnerToken({ db }: { db: Db }, ownership: Ownership): Promise<string | null> {
  if (await ownership.isOwned(db)) return null
  const token = randomBytes(32).toString('base64url')
  const tokenHash = hashOf(token)
  await db
    .insert(ownerLinks)
    .values({ name: 'first', tokenHash })
    .onConflictDoUpdate({ target: ownerLinks.name, set: { tokenHash } })
  return token
}

export async function isOwnerToken({ db }: { db: Db }, token: string): Promise<boolean> {
  const [found] = await db
    .select()
    .from(ownerLinks)
    .where(eq(ownerLinks.tokenHash, hashOf(token)))
  return found !== undefined
}

/** Makes the first owner. Of two at the same time one gets `gone`, as does whoever comes later. */
export async function becomeOwner(
  { db }: { db: Db },
  ownership: Ownership,
  { token, email, name }: { token: string; email: string; name: string },
): Promise<UserId> {
  return db.transaction(async (tx) => {
    const used = await tx
      .delete(ownerLinks)
      .where(eq(ownerLinks.tokenHash, hashOf(token)))
      .returning()
    if (used.length === 0) throw fail('gone')
    const userId = await saveSignInUser({ db: tx }, email, name)
    await ownership.own(tx, userId)
    return userId
  })
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
