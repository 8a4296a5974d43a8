/**
 * A run of text → nodes, in one pass from left to right: each opening mark is pushed and dropped at most once, and the
 * stack of them is shallow, so no input costs more than its length.
 */
import { h, safeUrl } from '../ui/dom.ts'

/** What `[3]` in an answer becomes; null leaves nothing. */
export type Cite = (index: number) => Node | null

/** An opening or closing mark counts as text until its partner is found. */
interface Mark {
  text: string
  opens: boolean
  element: HTMLElement | null
}

const maxDepth = 16
const maxAddress = 2_048
const tags: Record<string, 'em' | 'strong' | 'del'> = { '*': 'em', _: 'em', '**': 'strong', __: 'strong', '~~': 'del' }

/** All that is more than a letter; one way to match each, longest first. */
const token =
  /\\[!-/:-@[-`{-~]|`+|\*+|_+|~+|!?\[(?:[1-9]\d?(?:, ?[1-9]\d?){0,5}\](?!\())?|\]|\n|<br ?\/?>|https?:\/\/[^\s<>"`|]{1,2048}/gi

/** `isPartial`: the text may go on, so what is still open at its end is shown as if it were closed there. */
export function readInline(text: string, cite: Cite, isPartial: boolean): DocumentFragment {
  const pieces: (string | Node | Mark)[] = []
  const stack: Mark[] = []
  const lastRuns = new Map(Array.from(text.matchAll(/`+/g), (run) => [run[0].length, run.index]))
  let at = 0

  function open(mark: string) {
    const piece: Mark = { text: mark, opens: true, element: null }
    pieces.push(piece)
    if (stack.length < maxDepth) stack.push(piece)
  }

  /** Whatever was opened after the partner stays text. */
  function close(index: number, element: HTMLElement) {
    for (const opener of stack.splice(index).slice(0, 1)) opener.element = element
    pieces.push({ text: '', opens: false, element })
  }

  function readEmphasis(run: string, before: string, after: string) {
    const mark = run.slice(0, 1)
    const isInWord = mark === '_' && isWord(before) && isWord(after)
    const isMark = !isInWord && (mark !== '~' || run.length === 2)
    let left = run.length
    while (isMark && left && !isGap(before)) {
      const index = stack.findLastIndex((one) => one.text[0] === mark && one.text.length <= left)
      const opener = stack[index]
      if (!opener) break
      close(index, h(tags[opener.text] ?? 'em'))
      left -= opener.text.length
    }
    if (!isMark || isGap(after) || run.length > 3) pieces.push(mark.repeat(left))
    else {
      if (left > 1) open(mark + mark)
      if (left % 2) open(mark)
    }
  }

  /** Code ends at the next run of as many backticks; that there is none is known without looking for it. */
  function readCode(run: string) {
    let end = isPartial ? text.length : -1
    if ((lastRuns.get(run.length) ?? -1) >= at) {
      const ticks = /`+/g
      ticks.lastIndex = at
      for (let found = ticks.exec(text); found; found = ticks.exec(text)) {
        end = found.index
        if (found[0].length === run.length) break
      }
    }
    if (end < 0) return pieces.push(run)
    const code = text.slice(at, end).replaceAll('\n', ' ')
    pieces.push(h('code', {}, code.startsWith(' ') && code.endsWith(' ') && code.trim() ? code.slice(1, -1) : code))
    at = end + run.length
  }

  function closeBracket() {
    const index = stack.findLastIndex((one) => one.text === '[')
    const address = index < 0 || text[at] !== '(' ? null : readAddress(text, at + 1, isPartial)
    if (!address) {
      pieces.push(']')
      if (index >= 0) stack.splice(index, 1)
      return
    }
    const to = safeUrl(address.href)
    close(index, to ? h('a', { 'data-to': to }) : h('span'))
    at = address.end
  }

  function readBareAddress(found: string) {
    let end = found.length
    const endings = found.includes('(') ? ".,;:!?'*_~]}" : ".,;:!?'*_~]})"
    while (endings.includes(found[end - 1] ?? ' ')) end--
    const address = found.slice(0, end)
    const to = safeUrl(address)
    pieces.push(to ? h('a', { 'data-to': to }, address) : address)
    at -= found.length - end
  }

  while (at < text.length) {
    token.lastIndex = at
    const match = token.exec(text)
    const [found = ''] = match ?? []
    const start = match?.index ?? text.length
    const before = text[start - 1] ?? ' '
    pieces.push(text.slice(at, start))
    at = start + found.length
    const kind = found[0] ?? ''
    if (kind === '\\') pieces.push(found.slice(1))
    else if (kind === '`') readCode(found)
    else if (kind && '*_~'.includes(kind)) readEmphasis(found, before, text[at] ?? ' ')
    else if (found.endsWith(']') && found.length > 1) {
      if (kind === '!') pieces.push(kind)
      for (const [index] of found.matchAll(/\d+/g)) pieces.push(cite(Number(index)) ?? '')
    } else if (found.endsWith('[')) open('[')
    else if (kind === ']') closeBracket()
    else if (kind === '\n' || kind === '<') pieces.push(h('br'))
    else if (isWord(before)) pieces.push(found)
    else readBareAddress(found)
  }
  if (isPartial) for (const mark of stack) mark.element = h(tags[mark.text] ?? 'span')
  return assemble(pieces)
}

function assemble(pieces: (string | Node | Mark)[]): DocumentFragment {
  const root = document.createDocumentFragment()
  const path: Node[] = [root]
  /** A link holds neither link nor button. */
  const isInLink = () => path.some((node) => node.nodeName === 'A')
  /** Neighbouring text is one node, however it came in. */
  let text = ''
  const end = () => {
    const at = path.at(-1) ?? root
    if (text) at.appendChild(document.createTextNode(text))
    text = ''
    return at
  }
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    else if (piece instanceof Node) {
      if (/^(A|BUTTON)$/.test(piece.nodeName) && isInLink()) text += piece.textContent
      else end().appendChild(piece)
    } else if (!piece.element) text += piece.text
    else if (piece.opens)
      path.push(end().appendChild(piece.element.nodeName === 'A' && isInLink() ? h('span') : piece.element))
    else {
      end()
      path.pop()
    }
  }
  end()
  return root
}

/** What stands between `(` and `)`: an address without spaces. */
function readAddress(text: string, from: number, isPartial: boolean): { href: string; end: number } | null {
  const limit = Math.min(text.length, from + maxAddress)
  let depth = 0
  let end = from
  for (; end < limit && !isGap(text[end] ?? ''); end++) {
    if (text[end] === '(') depth++
    else if (text[end] === ')' && depth-- === 0) break
  }
  const href = text.slice(from, end)
  if (end < limit && text[end] === ')') return { href, end: end + 1 }
  return isPartial && end >= text.length ? { href: '', end } : null
}

function isGap(character: string): boolean {
  return character <= ' ' || character === '\u00a0' || character === '\u3000'
}

function isWord(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character)
}
