/** The dashboard's sessions, as the other doors know them. */
import type { IncomingHttpHeaders } from 'node:http'
import type { UserId } from '../platform/id.ts'

export interface SessionReader {
  /** Whose session the cookies are of; null when there is none, it has ended, or its user is deleted. */
  userOf(headers: IncomingHttpHeaders): Promise<UserId | null>
}
