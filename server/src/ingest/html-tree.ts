/** HTML as a small tree, with caps that keep hostile pages from costing more than their size. */
import { Parser } from 'htmlparser2'
import { ReadProblem } from './read-problem.ts'

export interface Element {
  tag: string
  attributes: Record<string, string>
  children: (Element | string)[]
  parent: Element | null
}

const maxNodes = 300_000
/** What is nested deeper stands beside its ancestor instead of within it. */
const maxDepth = 512

/** Holds nothing that a reader sees as text. */
const unread = new Set([
  'script',
  'style',
  'template',
  'svg',
  'iframe',
  'object',
  'embed',
  'canvas',
  'audio',
  'video',
  'map',
  'datalist',
  'frameset',
  'noframes',
])

/** Throws `too_complex` past 300,000 nodes. */
export function parseHtml(html: string): Element {
  const root: Element = { tag: '#root', attributes: {}, children: [], parent: null }
  let at = root
  let depth = 0
  let flattened = 0
  let unreadDepth = 0
  let nodes = 0

  function count() {
    if (++nodes > maxNodes) throw new ReadProblem('too_complex')
  }

  const parser = new Parser({
    onopentag(tag, attributes) {
      count()
      if (unreadDepth > 0 || unread.has(tag)) {
        unreadDepth++
        return
      }
      if (depth >= maxDepth) {
        flattened++
        return
      }
      const element: Element = { tag, attributes, children: [], parent: at }
      at.children.push(element)
      at = element
      depth++
    },
    ontext(text) {
      if (unreadDepth > 0) return
      const { children } = at
      const last = children.length - 1
      const before = children[last]
      if (typeof before === 'string') children[last] = before + text
      else {
        count()
        children.push(text)
      }
    },
    onclosetag() {
      if (unreadDepth > 0) unreadDepth--
      else if (flattened > 0) flattened--
      else if (at.parent) {
        at = at.parent
        depth--
      }
    },
  })
  parser.end(html)
  return root
}

export function isElement(node: Element | string): node is Element {
  return typeof node !== 'string'
}

/** In the order of the page. By hand, since a generator that calls itself costs its depth for each element. */
export function* elementsIn(root: Element): Generator<Element> {
  const waiting = root.children.filter(isElement).reverse()
  for (let element = waiting.pop(); element; element = waiting.pop()) {
    yield element
    for (let at = element.children.length - 1; at >= 0; at--) {
      const child = element.children[at]
      if (child !== undefined && isElement(child)) waiting.push(child)
    }
  }
}

export function firstWithin(root: Element, matches: (element: Element) => boolean): Element | null {
  for (const element of elementsIn(root)) if (matches(element)) return element
  return null
}

/** All text below, with white space as a browser would show it in one line. */
export function textOf(root: Element | string): string {
  const parts: string[] = []
  collect(root, parts)
  return parts.join('').replace(/\s+/g, ' ').trim()
}

function collect(node: Element | string, parts: string[]): void {
  if (!isElement(node)) {
    parts.push(node)
    return
  }
  const apart = !inlineTags.has(node.tag)
  if (apart) parts.push(' ')
  for (const child of node.children) collect(child, parts)
  if (apart) parts.push(' ')
}

/** What does not begin a line of its own. */
export const inlineTags = new Set([
  'a',
  'abbr',
  'acronym',
  'b',
  'bdi',
  'bdo',
  'big',
  'cite',
  'code',
  'data',
  'del',
  'dfn',
  'em',
  'font',
  'i',
  'img',
  'ins',
  'kbd',
  'label',
  'mark',
  'nobr',
  'q',
  'rp',
  'rt',
  'ruby',
  's',
  'samp',
  'small',
  'span',
  'strike',
  'strong',
  'sub',
  'sup',
  'time',
  'tt',
  'u',
  'var',
  'wbr',
])
