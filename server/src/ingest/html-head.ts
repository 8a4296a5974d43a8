/** What a page says of itself: its title, language and address. */
import { type Element, elementsIn, textOf } from './html-tree.ts'

export interface Head {
  title: string
  /** BCP 47. */
  language: string | null
  canonicalUrl: string | null
}

export function headOf(root: Element, url: string | null): Head {
  let title = ''
  let heading = ''
  let shared = ''
  let language: string | null = null
  let canonical: string | null = null
  for (const element of elementsIn(root)) {
    const { tag, attributes } = element
    if (tag === 'title') title ||= textOf(element)
    else if (tag === 'h1') heading ||= textOf(element)
    else if (tag === 'html') language ??= attributes.lang || attributes['xml:lang'] || null
    else if (tag === 'link' && attributes.rel?.toLowerCase() === 'canonical') canonical ??= attributes.href ?? null
    else if (tag === 'meta' && (attributes.property ?? attributes.name) === 'og:title')
      shared ||= attributes.content ?? ''
  }
  const base = url ?? undefined
  return {
    title: withoutSite(title, [shared.trim(), heading]) || shared.trim() || heading,
    language: language && /^[a-z]{2,3}([-_][a-z0-9]{2,8})*$/i.test(language.trim()) ? language.trim() : null,
    canonicalUrl: canonical === null ? null : (URL.parse(canonical.trim(), base)?.href ?? null),
  }
}

/** "Returns | Example Shop" is "Returns" where the page's own heading says so. */
function withoutSite(title: string, names: string[]): string {
  return names.find((name) => name !== '' && title !== name && title.includes(name) && name.length > 3) ?? title
}
