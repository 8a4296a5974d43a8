/**
 * Markdown → nodes, while it is still being written. No HTML parser, no image, no address but http, https and mailto,
 * and none that can be followed: where it leads stands in `data-to`, for who knows which hosts an answer may link to.
 * Finished blocks are never touched again; the open one is changed in place, so nothing jumps and a selection survives.
 */
import { type Block, type Placed, readBlocks } from './markdown/blocks.ts'
import { type Cite, readInline } from './markdown/inline.ts'
import { h } from './ui/dom.ts'

export interface MarkdownOptions {
  cite: Cite
  /** The label of the button that copies a block of code; whoever owns the root hears its click. */
  copyLabel: string
}

const maxNesting = 8

/** Shows all of `text`, which is the answer so far. Whatever steps it came in, the nodes at its end are the same. */
export function createMarkdown(root: HTMLElement, options: MarkdownOptions) {
  let settled = ''
  let settledBlocks = 0

  return (text: string, isPartial: boolean) => {
    const whole = text.replaceAll('\r', '')
    if (!whole.startsWith(settled)) {
      settled = ''
      settledBlocks = 0
    }
    const open = whole.slice(settled.length)
    const lines = (isPartial ? withoutDangling(open) : open).split('\n')
    const blocks = readBlocks(lines, isPartial)
    const nodes = blocks.map(({ block }, i) => build(block, isPartial && i === blocks.length - 1, 0))
    patch(root, settledBlocks, nodes)
    const certain = blocks.findLastIndex((placed) => isCertain(placed, lines.length))
    const from = blocks[certain]
    if (!from) return
    settled += lines.slice(0, from.line).join('\n') + (from.line ? '\n' : '')
    settledBlocks += certain
  }

  function build(block: Block, isPartial: boolean, depth: number): HTMLElement {
    const inline = (text: string) => readInline(text, options.cite, isPartial)
    switch (block.kind) {
      case 'paragraph':
        return h('p', {}, inline(block.text))
      case 'heading':
        // The answer stands below the panel's own title.
        return h(block.level < 4 ? 'h3' : 'h4', {}, inline(block.text))
      case 'rule':
        return h('hr')
      case 'code':
        return h(
          'div',
          { class: 'code', dir: 'ltr' },
          h('div', { class: 'bar' }, h('span', {}, block.language), h('button', { type: 'button' }, options.copyLabel)),
          h('pre', { tabindex: '0' }, h('code', {}, block.text)),
        )
      case 'quote':
        return h('blockquote', {}, ...nested(block.lines, isPartial, depth))
      case 'list': {
        const items = block.items.map((lines, i) => {
          const isOpen = isPartial && i === block.items.length - 1
          const inner = nested(lines, isOpen, depth)
          const [first, ...rest] = inner
          return first instanceof HTMLParagraphElement
            ? h('li', {}, ...first.childNodes, ...rest)
            : h('li', {}, ...inner)
        })
        if (block.start === null) return h('ul', {}, ...items)
        return h('ol', { start: block.start }, ...items)
      }
      case 'table': {
        const [head = [], ...rows] = block.rows
        const cells = (row: string[], tag: 'th' | 'td') => head.map((_, i) => h(tag, {}, inline(row[i] ?? '')))
        const body = rows.map((row) => h('tr', {}, ...cells(row, 'td')))
        const header = h('thead', {}, h('tr', {}, ...cells(head, 'th')))
        return h('div', { class: 'table', tabindex: '0' }, h('table', {}, header, h('tbody', {}, ...body)))
      }
    }
  }

  function nested(lines: string[], isPartial: boolean, depth: number): HTMLElement[] {
    if (depth >= maxNesting) return [h('p', {}, lines.join('\n'))]
    const blocks = readBlocks(lines, isPartial)
    return blocks.map(({ block }, i) => build(block, isPartial && i === blocks.length - 1, depth + 1))
  }
}

/** A block is certain once its first line is whole, unless it is a table on trust, whose second line is yet to come. */
function isCertain({ block, line }: Placed, lines: number): boolean {
  return line < lines - 1 && !(block.kind === 'table' && block.rows.length === 1)
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
