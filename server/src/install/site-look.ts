/** Name, language and colour of a company's site, from what its page says. */
import type { SiteLook } from '@mevichat/protocol/install.ts'
import type { PageFacts } from './page-facts.ts'

const maxName = 80

export function lookOf(facts: PageFacts, url: string): SiteLook {
  const { meta } = facts
  const host = new URL(url).hostname.replace(/^www\./, '')
  const name = meta.get('og:site_name') || meta.get('application-name') || siteNameIn(facts.title, host) || host
  const description = meta.get('description') || meta.get('og:description') || null
  const language = facts.language ?? meta.get('og:locale')?.replace('_', '-') ?? null
  return {
    url,
    name: name.slice(0, maxName),
    description: description?.slice(0, 300) ?? null,
    language: languageOf(language),
    accent: accentOf(meta.get('theme-color')) ?? accentOf(meta.get('msapplication-tilecolor')),
  }
}

/** "Returns – Example Shop": the part that the host is named after, else the shortest. */
function siteNameIn(title: string, host: string): string {
  const parts = title.split(/\s+[|–—·•:-]\s+/).map((part) => part.trim())
  const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  const label = plain(host.split('.')[0] ?? '')
  const named = parts.find((part) => plain(part) !== '' && (plain(part).includes(label) || label.includes(plain(part))))
  return named ?? parts.toSorted((one, other) => one.length - other.length)[0] ?? ''
}

function languageOf(text: string | null): string | null {
  try {
    return text ? (Intl.getCanonicalLocales(text.trim())[0] ?? null) : null
  } catch {
    return null
  }
}

/** A colour that can be seen: neither nearly white nor nearly black, which say nothing of a company. */
function accentOf(text: string | undefined): string | null {
  const [, digits] = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text?.trim() ?? '') ?? []
  if (!digits) return null
  const long = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits
  const channels = [0, 2, 4].map((at) => Number.parseInt(long.slice(at, at + 2), 16))
  const isGrey = Math.max(...channels) - Math.min(...channels) < 24
  return isGrey ? null : `#${long.toLowerCase()}`
}
