/** Whether a page's origin is one that a key allows. Domains are checked here and nowhere else. */

/** What a URL takes and no host is called: a star, or an empty label before the last. */
const noHostname = /\*|^\.|\.\./

/** What a browser sends: exactly its own serialisation (HTML §7.1.1), so none of the tricks that only look like one. */
export function parseOrigin(origin: string): URL | null {
  const url = URL.parse(origin)
  if (!url || url.origin !== origin || noHostname.test(url.hostname)) return null
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : null
}

/**
 * An entry as it is kept: lower case, in ASCII (IDNA) form, `host`, `*.host` or either with `:port`.
 * Throws an Error in words for a scheme, a path or anything else that is no host.
 */
export function normaliseDomain(entry: string): string {
  const trimmed = entry.trim()
  const isWildcard = trimmed.startsWith('*.')
  const host = isWildcard ? trimmed.slice(2) : trimmed
  const url = /[/\\@?#\s%]/.test(host) ? null : URL.parse(`http://${host}`)
  if (!url || host === '' || url.pathname !== '/' || noHostname.test(url.hostname) || url.username) {
    throw new Error(
      `"${entry}" is not a domain. Write example.com, *.example.com or localhost:5173, without https:// and without a path.`,
    )
  }
  // The URL parser drops a port that is the scheme's default.
  const port = /:(\d+)$/.exec(host)?.[1]
  return `${isWildcard ? '*.' : ''}${url.hostname}${port ? `:${Number(port)}` : ''}`
}

/** An empty list allows any origin, a missing or malformed one too; a list with entries allows only an origin that one of them names. */
export function allowsOrigin(domains: readonly string[], origin: string | undefined): boolean {
  if (domains.length === 0) return true
  const url = origin === undefined ? null : parseOrigin(origin)
  if (!url) return false
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return domains.some((domain) => {
    const [, host = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(domain) ?? []
    if (entryPort !== undefined && entryPort !== port) return false
    return host.startsWith('*.')
      ? url.hostname.endsWith(host.slice(1)) && url.hostname.length > host.length - 1
      : url.hostname === host
  })
}

/** The entry that allows this origin and as little else as can be; null for what no browser sends. */
export function domainOf(origin: string): string | null {
  return parseOrigin(origin)?.host ?? null
}
