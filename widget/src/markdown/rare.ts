/** What few answers have: code, quotes, tables, rules, and links that are written out. */
import { h } from '../ui/dom.ts'
import { dedent, type Rare, type Reader, rule } from './blocks.ts'
import { readLink } from './links.ts'

const fence = /^(\s*)(?=(`{3,}|~{3,}))\2([^`]*)$/
const quote = /^\s*> ?/
const delimiter = /^[-:|\s]+$/

/** `copyLabel` stands on the button that copies a block of code; whoever owns the answer hears its click. */
export const createRare = (copyLabel: string): Rare => ({
  readLink,

  starts: (line) => [quote, rule, fence].some((opening) => opening.test(line)),

  read(reader, first) {
    const [, indent = '', ticks, language = ''] = fence.exec(first) ?? []
    if (ticks) {
      reader.at++
      const text = reader.take((line) => {
        const end = fence.exec(line)
        return Boolean(end?.[2]?.startsWith(ticks) && !end[3]?.trim())
      })
      reader.at++
      const code = text.map((line) => dedent(line, indent.length)).join('\n')
      return {
        draw: () =>
          h(
            'div',
            { class: 'code', dir: 'ltr' },
            h('div', { class: 'bar' }, h('span', {}, language.trim()), h('button', { type: 'button' }, copyLabel)),
            h('pre', { tabindex: '0' }, h('code', {}, code)),
          ),
      }
    }
    if (rule.test(first)) {
      reader.at++
      return { draw: () => h('hr') }
    }
    if (!quote.test(first)) return null
    const inner = reader
      .take((line) => !quote.test(line) && reader.isBreak(line))
      .map((line) => line.replace(quote, ''))
    return { draw: ({ nested }) => h('blockquote', {}, ...nested(inner)) }
  },

  isTable,

  readTable(reader) {
    if (!isTable(reader)) return null
    const [header = '', , ...below] = reader.take(reader.isBreak)
    const head = cellsOf(header)
    return {
      isGuess: below.length === 0,
      draw({ inline }) {
        const row = (cells: string[], tag: 'th' | 'td') =>
          h('tr', {}, ...head.map((_, i) => h(tag, {}, inline(cells[i] ?? ''))))
        const body = h('tbody', {}, ...below.map((line) => row(cellsOf(line), 'td')))
        return h('div', { class: 'table', tabindex: '0' }, h('table', {}, h('thead', {}, row(head, 'th')), body))
      },
    }
  },
})

function isTable({ lines, at, isPartial }: Reader): boolean {
  const [first = '', next = ''] = lines.slice(at, at + 2)
  if (!first.includes('|')) return false
  // A header is shown as one while the line below it is still to come.
  if (isPartial && at + 2 >= lines.length && /^\s*\|/.test(first) && /^[-:|\s]*$/.test(next)) return true
  return next.includes('-') && delimiter.test(next) && cellsOf(next).length === cellsOf(first).length
}

function cellsOf(line: string): string[] {
  const cells = line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'))
}
