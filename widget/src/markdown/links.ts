/** Links that are written out: `[text](address)`, and addresses that stand in the text. */
import { h, safeUrl } from '../ui/dom.ts'
import { isGap, isWord, type ReadLink } from './inline.ts'

const maxAddress = 2_048

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
  if (isWord(before)) return false
  const endings = found.includes('(') ? ".,;:!?'*_~]}" : ".,;:!?'*_~]})"
  let end = found.length
  while (endings.includes(found[end - 1] ?? ' ')) end--
  const address = found.slice(0, end)
  const to = safeUrl(address)
  pieces.push(to ? h('a', { 'data-to': to }, address) : address)
  run.at -= found.length - end
  return true
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
