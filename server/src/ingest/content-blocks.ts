/** A page as blocks of text: what would be a line of its own, such as a paragraph, a heading or a cell. */
import { type Element, inlineTags, isElement } from './html-tree.ts'

export interface Block {
  parent: Element
  /** Children of `parent` from here, and up to but without there. */
  from: number
  to: number
  text: string
  words: number
  linkWords: number
}

/** In the order of the page; those without a letter or a digit are left out. */

export function blocksOf(root: Element): Block[] {
  const blocks: Block[] = []
  collect(root, blocks)
  return blocks
}

function collect(element: Element, blocks: Block[]): void {
  if (element.tag === 'title') return
  const { children } = element
  if (element.tag === 'pre') {
    add(element, 0, children.length, blocks)
    return
  }
  let from: number | null = null
  for (const [at, child] of children.entries()) {
    if (isElement(child) && !isInline(child)) {
      if (from !== null) add(element, from, at, blocks)
      from = null
      collect(child, blocks)
    } else from ??= at
  }
  if (from !== null) add(element, from, children.length, blocks)
}

/** A link around a whole card is no part of a line. */
const inlineCache = new WeakMap<Element, boolean>()
function isInline(element: Element): boolean {
  let known = inlineCache.get(element)
  if (known === undefined) {
    known =
      (inlineTags.has(element.tag) || element.tag === 'br') &&
      element.children.every((child) => !isElement(child) || isInline(child))
    inlineCache.set(element, known)
  }
  return known
}

function add(parent: Element, from: number, to: number, blocks: Block[]): void {
  const parts: string[] = []
  let linkText = ''
  const read = (node: Element | string, isLink: boolean): void => {
    if (isElement(node)) {
      const within = isLink || node.tag === 'a'
      if (node.tag === 'br') parts.push(' ')
      for (const child of node.children) read(child, within)
    } else {
      parts.push(node)
      if (isLink) linkText += `${node} `
    }
  }
  const isWithinLink = hasAncestor(parent, 'a')
  for (let at = from; at < to; at++) {
    const node = parent.children[at]
    if (node !== undefined) read(node, isWithinLink)
  }
  const text = parts.join('').replace(/\s+/g, ' ').trim()
  if (!/[\p{L}\p{N}]/u.test(text)) return
  blocks.push({ parent, from, to, text, words: countWords(text), linkWords: countWords(linkText) })
}

function hasAncestor(element: Element | null, tag: string): boolean {
  for (let at = element; at; at = at.parent) if (at.tag === tag) return true
  return false
}

/** Characters of scripts without spaces count as half a word. */
function countWords(text: string): number {
  let words = 0
  let isWithin = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x3040 && code <= 0x9fff) words += 0.5
    else if (code > 0x20 && code !== 0xa0) {
      if (!isWithin) words++
      isWithin = true
      continue
    }
    isWithin = false
  }
  return words
}
