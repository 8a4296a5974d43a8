/** What the ancestors of a block say of it: how they call themselves, and which tags they are. */
import type { Element } from './html-tree.ts'

/** What an ancestor's class, id or role may say. */
const names: RegExp[] = [
  /nav|menu|breadcrumb|crumb|tabs?\b|pagination|pager/,
  /foot|copyright|legal|bottom/,
  /head|banner|masthead|topbar|top-?bar|hero/,
  /side|rail|aside|secondary|complementary|widget|toc\b|table-of-contents/,
  /comment|disqus|respond|repl(y|ies)/,
  /share|social|follow|facebook|twitter/,
  /relat|recommend|similar|more-|also|trending|popular|latest|read-?next|upsell|cross-?sell|recent/,
  /cookie|consent|gdpr|privacy|notice|alert|announce/,
  /\bads?\b|advert|sponsor|promo|subscribe|newsletter|signup|sign-up|cta|marketing|donat|paywall/,
  /meta|byline|author|date|time|tag|categor|label|badge|info\b|avatar|profile|user|signature|stats/,
  /content|article|post|entry|body|story|main|text|markdown|prose|rte|wysiwyg/,
  /product|price|descr|spec|detail|feature|review|rating|accordion|faq/,
  /caption|figure|image|img|media|gallery|video|slide|carousel|swiper/,
  /form|search|login|filter|sort|facet|refine|input|select|button|btn|cart|basket|checkout|quantity|variant|swatch/,
  /list|grid|card|item|tile|result|row\b|col/,
  /hidden|modal|popup|dialog|overlay|sr-only|visually|screen-reader|tooltip|drawer|offcanvas|skip/,
  /thread|forum|message|topic|question|answer|quote/,
  /title|heading|headline|summary|intro|lead\b|excerpt|teaser/,
]

const tagGroups: string[][] = [
  ['nav'],
  ['footer'],
  ['header'],
  ['aside'],
  ['main'],
  ['article'],
  ['section'],
  ['form', 'fieldset'],
  ['ul', 'ol', 'dl'],
  ['table'],
  ['a'],
  ['button', 'label', 'select', 'option', 'legend'],
  ['blockquote'],
  ['figure', 'figcaption'],
  ['details'],
  ['dialog'],
  ['noscript'],
]

const far = 30

/** What holds of an element for all that stands within it: how many levels up such a name or tag is, 30 for none. */
export interface Context {
  names: number[]
  tags: number[]
  isHidden: boolean
  depth: number
}

function ownNames(element: Element): string {
  const { class: classes = '', id = '', role = '', itemprop = '' } = element.attributes
  return `${classes} ${id} ${role} ${itemprop} ${element.attributes['data-testid'] ?? ''}`.slice(0, 500).toLowerCase()
}

export function contextOf(element: Element, known: Map<Element, Context>): Context {
  const before = known.get(element)
  if (before) return before
  const above = element.parent ? contextOf(element.parent, known) : null
  const { attributes, tag } = element
  const called = ownNames(element)
  const isPageWide = tag === 'body' || tag === 'html' || tag === '#root'
  const context: Context = {
    names: names.map((name, at) =>
      !isPageWide && called.length > 4 && name.test(called) ? 0 : Math.min(far, (above?.names[at] ?? far) + 1),
    ),
    tags: tagGroups.map((tags, at) => (tags.includes(tag) ? 0 : Math.min(far, (above?.tags[at] ?? far) + 1))),
    isHidden:
      (above?.isHidden ?? false) ||
      'hidden' in attributes ||
      attributes['aria-hidden'] === 'true' ||
      /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes.style ?? ''),
    depth: (above?.depth ?? -1) + 1,
  }
  known.set(element, context)
  return context
}
