/**
 * A run of text → nodes, in one pass from left to right: each opening mark is pushed and dropped at most once, and the
 * stack of them is shallow, so no input costs more than its length.
 */
import { h } from '../ui/dom.ts'

/** What `[3]` in an answer becomes; null leaves nothing. */
export type Cite = (index: number) => Node | null

/** An opening or closing mark counts as text until its partner is found. */
export interface Mark {
  text: string
  opens: boolean
  element: HTMLElement | null
}

/** A run of text as it is read. */
export interface Run {
  text: string
  at: number
  isPartial: boolean
  pieces: (string | Node | Mark)[]
  stack: Mark[]
  open(mark: string): void
  /** Whatever was opened after the partner, which stands at `index`, stays text. */
  close(index: number, element: HTMLElement): void
}

/** What reads links: false where there is none. */
export type ReadLink = (run: Run, found: string, before: string) => boolean

const maxDepth = 16
const tags: Record<string, 'em' | 'strong' | 'del'> = { '*': 'em', _: 'em', '**': 'strong', __: 'strong', '~~': 'del' }

/** All that is more than a letter; one way to match each, longest first. */
const token =
  /\\[!-/:-@[-`{-~]|`+|\*+|_+|~+|!?\[(?:[1-9]\d?(?:, ?[1-9]\d?){0,5}\](?!\())?|\]|\n|<br ?\/?>|<https?:\/\/[^\s<>"`|]{1,2048}>|https?:\/\/[^\s<>"`|]{1,2048}/gi

/** `isPartial`: the text may go on, so what is still open at its end is shown as if it were closed there. */
export function readInline(text: string, cite: Cite, isPartial: boolean, links?: ReadLink): DocumentFragment {
  const pieces: Run['pieces'] = []
  const stack: Mark[] = []
  const codeEnds = findCodeEnds(text)
  const run: Run = {
    text,
    at: 0,
    isPartial,
    pieces,
    stack,
    open(mark) {
      const piece: Mark = { text: mark, opens: true, element: null }
      pieces.push(piece)
      if (stack.length < maxDepth) stack.push(piece)
    },
    close(index, element) {
      for (const opener of stack.splice(index).slice(0, 1)) opener.element = element
      pieces.push({ text: '', opens: false, element })
    },
  }
  const { open, close } = run

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

  function readCode(ticks: string) {
    const end = codeEnds.get(run.at - ticks.length) ?? (isPartial ? text.length : -1)
    if (end < 0) return pieces.push(ticks)
    const code = text.slice(run.at, end).replaceAll('\n', ' ')
    pieces.push(h('code', {}, code.startsWith(' ') && code.endsWith(' ') && code.trim() ? code.slice(1, -1) : code))
    run.at = end + ticks.length
  }

  while (run.at < text.length) {
    token.lastIndex = run.at
    const match = token.exec(text)
    const [found = ''] = match ?? []
    const start = match?.index ?? text.length
    const before = text[start - 1] ?? ' '
    pieces.push(text.slice(run.at, start))
    run.at = start + found.length
    const kind = found[0] ?? ''
    if (kind === '\\') pieces.push(found.slice(1))
    else if (kind === '`') readCode(found)
    else if (kind && '*_~'.includes(kind)) readEmphasis(found, before, text[run.at] ?? ' ')
    else if (found.endsWith(']') && found.length > 1) {
      if (kind === '!') pieces.push(kind)
      for (const [index] of found.matchAll(/\d+/g)) pieces.push(cite(Number(index)) ?? '')
    } else if (/^(?:\n|<br)/i.test(found)) pieces.push(h('br'))
    else if (!links?.(run, found, before)) pieces.push(found)
  }
  if (isPartial) for (const mark of stack) mark.element = h(tags[mark.text] ?? 'span')
  return assemble(pieces)
}

function assemble(pieces: Run['pieces']): DocumentFragment {
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

/** Code ends at the next run of as many backticks: by where each run begins, where that is. */
function findCodeEnds(text: string): Map<number, number | undefined> {
  const next: number[] = []
  const ends = new Map<number, number | undefined>()
  for (const { 0: ticks, index } of [...text.matchAll(/`+/g)].reverse()) {
    ends.set(index, next[ticks.length])
    next[ticks.length] = index
  }
  return ends
}

export function isGap(character: string): boolean {
  return character <= ' ' || character === '\u00a0' || character === '\u3000'
}

export function isWord(character: string): boolean {
  return /[\p{L}\p{N}]/u.test(character)
}
