/** People who can sign in, and what it takes to be one: an e-mail address that was proved. */
import { and, eq } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { newId, type UserId } from '../platform/id.ts'
import { authAccounts, authSessions, authUsers, users } from './tables.ts'

/**
 * Whoever took an address before its owner proved it keeps neither a way in nor a session (CVE-2026-44707): to be called
 * when the address was proved, before anybody is signed in with it. Mailed links do the same inside Better Auth.
 */
export async function dropUnproven({ db }: { db: Db }, email: string): Promise<void> {
  const unproven = and(eq(authUsers.email, email), eq(authUsers.emailVerified, false))
  const [user] = await db.update(authUsers).set({ emailVerified: true }).where(unproven).returning({ id: authUsers.id })
  if (!user) return
  await db.delete(authAccounts).where(eq(authAccounts.userId, user.id))
  await db.delete(authSessions).where(eq(authSessions.userId, user.id))
}

/** The person who signs in with this address, made where there is none. The caller has made sure that it is theirs. */
export async function saveSignInUser({ db }: { db: Db }, email: string, name: string): Promise<UserId> {
  await dropUnproven({ db }, email)
  const [known] = await db.select({ id: authUsers.id }).from(authUsers).where(eq(authUsers.email, email))
  if (known) return known.id
  const id = newId<UserId>()
  const at = new Date()
  await db.insert(users).values({ id, email, name })
  await db.insert(authUsers).values({ id, email, name, emailVerified: true, createdAt: at, updatedAt: at })
  return id
}
