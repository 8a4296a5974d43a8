/**
 * Markdown → nodes, while it is still being written. No HTML parser, no image, no address but http, https and mailto,
 * and none that can be followed: where it leads stands in `data-to`, for who knows which hosts an answer may link to.
 * Finished blocks are never touched again; the open one is changed in place, so nothing jumps and a selection survives.
 */
import { type Block, type Rare, readBlocks } from './markdown/blocks.ts'
import { type Cite, readInline } from './markdown/inline.ts'
import { h } from './ui/dom.ts'

export interface MarkdownOptions {
  cite: Cite
  /** Null until it is there: an answer that is being written is shown up to the first of it. */
  rare(): Rare | null
}

const maxNesting = 8
/** The beginning of a line that may hold what is rare: too often rather than not. */
const rareLine = /^(?:.*(?:\||\]\(|https?:)|[^\p{L}\n]*(?:>|```|~~~)|\s*([-*_])(?:\s*\1)+\s*$)/mu

/** Shows all of `text`, which is the answer so far. Whatever steps it came in, the nodes at its end are the same. */
export function createMarkdown(root: HTMLElement, { cite, rare: findRare }: MarkdownOptions) {
  let settled = ''
  let settledBlocks = 0
  let rare: Rare | null = null

  return (text: string, isPartial: boolean) => {
    let whole = text.replaceAll('\r', '')
    const known = rare
    rare = findRare()
    const held = rare || !isPartial ? -1 : whole.search(rareLine)
    if (held >= 0) whole = whole.slice(0, held)
    if (known !== rare || !whole.startsWith(settled)) {
      settled = ''
      settledBlocks = 0
    }
    const open = whole.slice(settled.length)
    const lines = (isPartial ? withoutDangling(open) : open).split('\n')
    const blocks = readBlocks(lines, isPartial, rare)
    patch(root, settledBlocks, draw(blocks, isPartial, 0))
    // A block is certain once its first line is whole.
    const certain = blocks.findLastIndex(({ line, isGuess }) => line < lines.length - 1 && !isGuess)
    const from = blocks[certain]
    if (!from) return
    settled += lines.slice(0, from.line).join('\n') + (from.line ? '\n' : '')
    settledBlocks += certain
  }

  function draw(blocks: Block[], isPartial: boolean, depth: number): HTMLElement[] {
    return blocks.map((block, i) => {
      const isOpen = isPartial && i === blocks.length - 1
      return block.draw({
        inline: (text) => readInline(text, cite, isOpen, rare?.readLink),
        nested(lines, isLast = true) {
          if (depth >= maxNesting) return [h('p', {}, lines.join('\n'))]
          return draw(readBlocks(lines, isOpen && isLast, rare), isOpen && isLast, depth + 1)
        },
      })
    })
  }
}

/** Takes off the end what would be drawn now and be gone with the next character: `**`, `##`, `1.`, a lone `|`. */
function withoutDangling(text: string): string {
  const start = text.lastIndexOf('\n') + 1
  let end = text.length
  while (end > start && '*_~`[!\\<'.includes(text[end - 1] ?? '')) end--
  const line = text.slice(start, end).trim()
  const isMarker = line.length < 12 && [...line].every((character) => '#>-+=|:.)0123456789 '.includes(character))
  return isMarker ? text.slice(0, start) : text.slice(0, end)
}

/** Makes the children of `parent` from the given one on equal to `fresh`, keeping every node that can be kept. */
function patch(parent: Node, from: number, fresh: Node[]): void {
  fresh.forEach((node, i) => {
    const old = parent.childNodes[from + i]
    if (old) replace(old, node)
    else parent.appendChild(node)
  })
  while (parent.childNodes.length > from + fresh.length) parent.lastChild?.remove()
}

function replace(old: ChildNode, node: Node): void {
  if (old instanceof Text && node instanceof Text) {
    if (node.data.startsWith(old.data)) old.appendData(node.data.slice(old.length))
    else old.data = node.data
  } else if (old instanceof Element && node instanceof Element && isSameTag(old, node)) {
    patch(old, 0, [...node.childNodes])
  } else old.replaceWith(node)
}

function isSameTag(one: Element, other: Element): boolean {
  return one.cloneNode(false).isEqualNode(other.cloneNode(false))
}
