/** What somebody has put into the one box: an address of a page, a website or a sitemap, or a text. */
export type Understood =
  | { kind: 'website' | 'sitemap' | 'url'; url: string; host: string }
  | { kind: 'text'; title: string; content: string }

const address =
  /^(https?:\/\/)?(localhost|\d{1,3}(\.\d{1,3}){3}|[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+)(:\d+)?([/?#]\S*)?$/iu

/** Null for nothing. A bare host is a website; a path is one page of it. */
export function understand(entry: string): Understood | null {
  const text = entry.trim()
  if (text === '') return null
  const url = address.test(text) ? URL.parse(/^https?:/i.test(text) ? text : `https://${text}`) : null
  if (!url) return { kind: 'text', title: titleOf(text), content: text }
  const isSitemap = /\.xml(\.gz)?$/i.test(url.pathname) || /sitemap/i.test(url.pathname)
  const isRoot = url.pathname === '/' && url.search === ''
  return { kind: isSitemap ? 'sitemap' : isRoot ? 'website' : 'url', url: url.href, host: url.host }
}

const longestTitle = 80

/** The first line, as far as it goes. */
function titleOf(text: string): string {
  const line =
    text
      .split('\n', 1)[0]
      ?.replace(/^#+\s*/, '')
      .trim() || text
  return line.length <= longestTitle ? line : `${line.slice(0, longestTitle - 1).trimEnd()}…`
}
