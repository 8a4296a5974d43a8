/** Which page asks. */
import type { IncomingMessage } from 'node:http'

/**
 * A browser leaves `Origin` out of a GET to the page's own server; such a page counts as one of the server's public
 * origin (Fetch Metadata, which no page can forge).
 */
export function pageOrigin(request: IncomingMessage, publicUrl: string): string | undefined {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (origin === undefined && request.method === 'GET' && site === 'same-origin') return new URL(publicUrl).origin
  return origin
}
