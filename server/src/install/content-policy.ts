/** Whether a page's Content-Security-Policy lets the widget in (CSP Level 3, §6.7). */

export interface PolicyNeeds {
  /** Of this server, where the scripts are loaded and the answers come from. */
  serverOrigin: string
  /** Of the page. */
  pageOrigin: string
  /** The nonce on the widget's own tag. */
  nonce: string | null
}

/** The directives of the policies that stand in the way, each once, with what to add; a policy is one header or tag. */
export function obstaclesIn(policies: readonly string[], needs: PolicyNeeds): { directive: string; add: string }[] {
  const obstacles = new Map<string, string>()
  for (const policy of policies.flatMap((text) => text.split(','))) {
    const directives = parse(policy)
    const sourcesOf = (...names: string[]) =>
      names.map((name) => directives.get(name)).find((list) => list !== undefined)
    const script = sourcesOf('script-src-elem', 'script-src', 'default-src')
    if (script && !allowsScript(script, needs)) obstacles.set('script-src', needs.serverOrigin)
    const connect = sourcesOf('connect-src', 'default-src')
    if (connect && !allowsAddress(connect, needs)) obstacles.set('connect-src', needs.serverOrigin)
  }
  return [...obstacles].map(([directive, add]) => ({ directive, add }))
}

function parse(policy: string): Map<string, string[]> {
  const directives = new Map<string, string[]>()
  for (const part of policy.split(';')) {
    const [name = '', ...sources] = part.trim().split(/\s+/)
    const key = name.toLowerCase()
    // The first of a name holds.
    if (key && !directives.has(key)) directives.set(key, sources)
  }
  return directives
}

function allowsScript(sources: string[], needs: PolicyNeeds): boolean {
  if (needs.nonce && sources.includes(`'nonce-${needs.nonce}'`)) return true
  // With it the list of hosts is not looked at.
  if (sources.some((source) => source.toLowerCase() === "'strict-dynamic'")) return false
  return allowsAddress(sources, needs)
}

function allowsAddress(sources: string[], { serverOrigin, pageOrigin }: PolicyNeeds): boolean {
  const server = new URL(serverOrigin)
  return sources.some((source) => {
    if (source === '*') return server.protocol !== 'data:'
    if (source.toLowerCase() === "'self'") return serverOrigin === pageOrigin
    if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return source.toLowerCase() === server.protocol
    return matchesHost(source, server, new URL(pageOrigin).protocol)
  })
}

function matchesHost(source: string, server: URL, pageScheme: string): boolean {
  const [, scheme, host = '', port] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/:]+)(?::(\d+|\*))?(?:\/.*)?$/i.exec(source) ?? []
  if (!host || host.startsWith("'")) return false
  const wanted = scheme ? `${scheme.toLowerCase()}:` : pageScheme
  // A policy for http lets https in too.
  if (wanted !== server.protocol && !(wanted === 'http:' && server.protocol === 'https:')) return false
  const isHost = host.startsWith('*.')
    ? server.hostname.endsWith(host.slice(1).toLowerCase())
    : host.toLowerCase() === server.hostname
  const defaultPort = server.protocol === 'https:' ? '443' : '80'
  return isHost && (port === '*' || (port ?? defaultPort) === (server.port || defaultPort))
}
