/** Addresses of web pages, written in one way, so that one page has one address. */

const maxLength = 2_000
/** Say where a visitor came from, not what is shown. */
const tracking = /^(utm_\w+|gclid|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi)$/i

/**
 * The address without its fragment, what only counts visits, its default port and the dot that ends a host name; the
 * parts of its query in order. Null for what is neither http nor https, names a user, or is longer than 2,000 characters.
 */
export function normaliseAddress(address: string, base?: string): string | null {
  const url = URL.parse(address.trim(), base)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return null
  url.hash = ''
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1)
  if (url.search) {
    const parts = url.search.slice(1).split('&')
    const kept = parts.filter((part) => part !== '' && !tracking.test(part.split('=', 1)[0] ?? ''))
    url.search = kept.sort().join('&')
  }
  // Without parameters the setter leaves the question mark.
  const href = url.search === '' ? url.href.replace(/\?$/, '') : url.href
  return href.length > maxLength ? null : href
}

/** Whether both are of one site: the same host and port, with `www.` or without. */
export function isSameSite(address: string, other: string): boolean {
  const [one, two] = [URL.parse(address), URL.parse(other)]
  return one !== null && two !== null && siteOf(one) === siteOf(two)
}

function siteOf({ hostname, port }: URL): string {
  return `${hostname.replace(/^www\./, '')}:${port}`
}
