/** Links that are written out: `[text](address "title")`, and addresses that stand in the text, with `<` and `>` or without. */
import { h, safeUrl } from '../ui/dom.ts'
import { isGap, isWord, type ReadLink } from './inline.ts'

const maxAddress = 2_048
const angled = /<([^<>\n]{0,2048})>/y
const titleAndEnd = /\s*(?:\s(?:"[^"\n]{0,300}"|'[^'\n]{0,300}')\s*)?\)/y
const titleSoFar = /\s*(?:\s(?:"[^"\n]{0,300}"?|'[^'\n]{0,300}'?)\s*)?$/y

export const readLink: ReadLink = (run, found, before) => {
  const { text, isPartial, pieces, stack } = run
  if (found.endsWith('[')) {
    run.open('[')
    return true
  }
  if (found === ']') {
    const index = stack.findLastIndex((one) => one.text === '[')
    const address = index < 0 || text[run.at] !== '(' ? null : readAddress(text, run.at + 1, isPartial)
    if (!address) {
      if (index >= 0) stack.splice(index, 1)
      return false
    }
    const to = safeUrl(address.href)
    run.close(index, to ? h('a', { 'data-to': to }) : h('span'))
    run.at = address.end
    return true
  }
  const push = (address: string) => {
    const to = safeUrl(address)
    pieces.push(to ? h('a', { 'data-to': to }, address) : address)
    return true
  }
  if (found.startsWith('<')) return push(found.slice(1, -1))
  if (isWord(before)) return false
  const endings = found.includes('(') ? ".,;:!?'*_~]}" : ".,;:!?'*_~]})"
  let end = found.length
  while (endings.includes(found[end - 1] ?? ' ')) end--
  run.at -= found.length - end
  return push(found.slice(0, end))
}

/** What stands between `(` and `)`: an address without spaces, or one in `<` and `>`; a title after it is not shown. */
function readAddress(text: string, from: number, isPartial: boolean): { href: string; end: number } | null {
  const limit = Math.min(text.length, from + maxAddress)
  const [whole, inAngles] = matchAt(angled, text, from) ?? []
  let depth = 0
  let end = from + (whole?.length ?? 0)
  for (; !whole && end < limit && !isGap(text[end] ?? ''); end++) {
    if (text[end] === '(') depth++
    else if (text[end] === ')' && depth-- === 0) break
  }
  const href = inAngles ?? text.slice(from, end)
  const [tail] = matchAt(titleAndEnd, text, end) ?? []
  if (tail) return { href, end: end + tail.length }
  return isPartial && matchAt(titleSoFar, text, end) ? { href: '', end: text.length } : null
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
