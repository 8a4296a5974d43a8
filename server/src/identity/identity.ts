/** Identity owns people: who a token speaks of among our users. */
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Db } from '../platform/db/db.ts'
import { newId, type UserId } from '../platform/id.ts'
import { authUsers, userIdentities, users } from './tables.ts'
import type { TokenClaims } from './tokens.ts'

export interface NewUser {
  issuer: string
  subject: string
  email: string | null
  name: string | null
}

/** The user that a token speaks of; null when unknown or deleted. */
export async function findUser(
  { db }: { db: Db },
  claims: Pick<TokenClaims, 'issuer' | 'subject'>,
): Promise<UserId | null> {
  if (claims.issuer === null) return (await findPerson({ db }, claims.subject as UserId))?.id ?? null
  const [user] = await db
    .select({ id: users.id })
    .from(userIdentities)
    .innerJoin(users, eq(users.id, userIdentities.userId))
    .where(
      and(
        eq(userIdentities.issuer, claims.issuer),
        eq(userIdentities.subject, claims.subject),
        sql`${users.deletedAt} is null`,
      ),
    )
  return user?.id ?? null
}

/** The user of this id, with their e-mail; null when deleted. */
export async function findPerson(
  { db }: { db: Db },
  userId: UserId,
): Promise<{ id: UserId; email: string | null } | null> {
  const [user] = await db
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.deletedAt)))
  return user ?? null
}

/** How the person is shown to others; null when deleted. */
export async function findProfile(
  { db }: { db: Db },
  userId: UserId,
): Promise<{ id: UserId; email: string | null; name: string | null } | null> {
  const [user] = await db
    .select({ id: users.id, email: users.email, name: users.name })
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.deletedAt)))
  return user ?? null
}

/** The e-mail that the person has proved to be theirs by signing in here, in lower case; null when there is none. */
export async function findVerifiedEmail({ db }: { db: Db }, userId: UserId): Promise<string | null> {
  const [user] = await db
    .select({ email: authUsers.email })
    .from(authUsers)
    .where(and(eq(authUsers.id, userId), authUsers.emailVerified))
  return user?.email.toLowerCase() ?? null
}

/** Makes the user, or updates e-mail and name of the one who has this (`iss`, `sub`). */
export async function saveUser({ db }: { db: Db }, user: NewUser): Promise<UserId> {
  const known = await findUser({ db }, user)
  const { email, name } = user
  if (known) {
    await db.update(users).set({ email, name }).where(eq(users.id, known))
    return known
  }
  const id = newId<UserId>()
  await db.insert(users).values({ id, email, name })
  await db.insert(userIdentities).values({ issuer: user.issuer, subject: user.subject, userId: id })
  return id
}
