/** What a page says to crawlers: where it leads, whether it wants to be read, and whether it asks for a password. */
import { Parser } from 'htmlparser2'
import { isSameSite, normaliseAddress } from '../platform/web-address.ts'
import { decodeHtml } from './charset.ts'
import type { Document } from './document.ts'

export interface PageScan {
  /** Addresses of the same site that the page lets us follow, each once. */
  links: string[]
  /** The address that the page gives as its own, where that is on the same site. */
  canonical: string | null
  isNoIndex: boolean
  hasPassword: boolean
}

const maxLinks = 5_000

/** `robotsTag` is the header `X-Robots-Tag`. Files other than HTML say nothing but in that header. */
export function scanPage(document: Document, robotsTag: string | null): PageScan {
  const { url, contentType, charset, body } = document
  const directives = new Set(directivesOf(robotsTag ?? ''))
  const isHtml = contentType === null || /html/.test(contentType)
  const page = url !== null && isHtml ? scanHtml(decodeHtml(body, charset), url) : nothing
  for (const directive of page.directives) directives.add(directive)

  const links = new Set<string>()
  const isFollowed = !directives.has('nofollow') && !directives.has('none')
  for (const href of isFollowed ? page.hrefs : []) {
    const address = normaliseAddress(href, page.base)
    if (address && url !== null && isSameSite(address, url)) links.add(address)
    if (links.size >= maxLinks) break
  }
  const canonical = page.canonical ? normaliseAddress(page.canonical, page.base) : null
  return {
    links: [...links],
    canonical: canonical && url !== null && isSameSite(canonical, url) ? canonical : null,
    isNoIndex: directives.has('noindex') || directives.has('none'),
    hasPassword: page.hasPassword,
  }
}

interface Said {
  hrefs: string[]
  base: string
  canonical: string | null
  directives: string[]
  hasPassword: boolean
}

const nothing: Said = { hrefs: [], base: '', canonical: null, directives: [], hasPassword: false }

function scanHtml(html: string, url: string): Said {
  const said: Said = { ...nothing, hrefs: [], directives: [], base: url }
  let hasBase = false
  const parser = new Parser({
    onopentag(tag, { href, rel, name, content, type }) {
      const isRel = (word: string) => rel?.toLowerCase().split(/\s+/).includes(word) ?? false
      if (tag === 'base' && href && !hasBase) {
        hasBase = true
        said.base = URL.parse(href, url)?.href ?? url
      } else if ((tag === 'a' || tag === 'area') && href && !isRel('nofollow') && said.hrefs.length < 2 * maxLinks)
        said.hrefs.push(href)
      else if (tag === 'link' && href && isRel('canonical')) said.canonical ??= href
      else if (tag === 'meta' && /^(robots|mevichat)$/i.test(name ?? '')) said.directives.push(...words(content ?? ''))
      else if (tag === 'input' && type?.toLowerCase() === 'password') said.hasPassword = true
    },
  })
  parser.end(html)
  return said
}

/** Directives that are followed by a colon of their own; any other word before one is the name of a crawler. */
const withValue = /^(unavailable_after|max-snippet|max-image-preview|max-video-preview)$/

function directivesOf(header: string): string[] {
  let isForUs = true
  return header
    .toLowerCase()
    .split(',')
    .flatMap((part) => {
      const [, name = '', rest] = /^\s*([\w-]+)\s*:(.*)$/.exec(part) ?? []
      if (rest === undefined || withValue.test(name)) return isForUs ? words(part) : []
      isForUs = name === 'mevichat'
      return isForUs ? words(rest) : []
    })
}

function words(text: string): string[] {
  return text.toLowerCase().split(/[\s,]+/)
}
