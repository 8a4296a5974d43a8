/** Ids of tenants and of what they own. A brand keeps a bot's id from being passed where a workspace's is meant. */
import { randomBytes, randomUUID } from 'node:crypto'

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

export type WorkspaceId = Id<'workspace'>
export type UserId = Id<'user'>
export type BotId = Id<'bot'>
export type KeyId = Id<'key'>
export type SourceId = Id<'source'>
export type PageId = Id<'page'>
export type SyncId = Id<'sync'>
export type CredentialId = Id<'credential'>
export type PriceId = Id<'price'>
export type InvitationId = Id<'invitation'>
export type PersonalTokenId = Id<'personal token'>
export type AvatarId = Id<'avatar'>

export function newId<T extends string>(): T {
  return randomUUID() as string as T
}

/** A public key's id: `mvc_pk_` and 192 random bits. */
export function newPublicKey(): string {
  return `mvc_pk_${randomBytes(24).toString('base64url')}`
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** Any RFC 9562 UUID but nil and max. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && value.length === 36 && uuid.test(value)
}
