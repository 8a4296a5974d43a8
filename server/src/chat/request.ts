/** The fields of a chat request, checked in the contract's order; the first that fails answers. */
import { chatLimits } from '@mevichat/protocol/chat.ts'
import { fail } from '../platform/fail.ts'
import { isJsonObject } from '../platform/http/body.ts'
import { isUuid } from '../platform/id.ts'

/** In lower case; throws `invalid_session_id`. */
export function readSessionId(value: unknown): string {
  if (!isUuid(value)) throw fail('invalid_session_id')
  return value.toLowerCase()
}

const visible = /[^\p{White_Space}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Without NUL and lone surrogates; counted in code points as sent. Throws `invalid_message`, then `message_too_long`. */
export function readMessage(value: unknown): string {
  if (typeof value !== 'string' || !visible.test(value)) throw fail('invalid_message')
  if (isLongerThan(value, chatLimits.messageCodePoints)) throw fail('message_too_long')
  return storable(value)
}

/** Null when absent; throws `invalid_visitor_id`. */
export function readVisitorId(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string' || isLongerThan(value, chatLimits.visitorIdCodePoints)) throw fail('invalid_visitor_id')
  return storable(value)
}

/** Null when absent; throws `invalid_visitor_metadata`. */
export function readVisitorMetadata(value: unknown): Record<string, unknown> | null {
  if (value === undefined || value === null) return null
  if (!isJsonObject(value) || Object.keys(value).length > chatLimits.metadataKeys)
    throw fail('invalid_visitor_metadata')
  const json = JSON.stringify(value)
  if (Buffer.byteLength(json) > chatLimits.metadataBytes) throw fail('invalid_visitor_metadata')
  return JSON.parse(json, (_key, part: unknown) => (isJsonObject(part) ? storableKeys(part) : storable(part)))
}

/** 1 helpful, -1 not, null neither; throws `invalid_request`. */
export function readRating(value: unknown): 1 | -1 | null {
  if (value !== 1 && value !== -1 && value !== null) throw fail('invalid_request')
  return value
}

/** Null when absent or not 1–128 visible ASCII characters. */
export function readIdempotencyKey(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value) ? value : null
}

function isLongerThan(text: string, maxCodePoints: number): boolean {
  if (text.length <= maxCodePoints) return false
  let count = 0
  for (const _ of text) if (++count > maxCodePoints) return true
  return false
}

function storable(value: string): string
function storable<T>(value: T): T | string
function storable(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value
}

/** Without NUL a key may be `__proto__` that was none as sent. */
function storableKeys(object: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(object).map(([key, value]): [string, unknown] => [storable(key), value])
  return Object.fromEntries(entries.filter(([key]) => key !== '__proto__'))
}
