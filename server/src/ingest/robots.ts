/** robots.txt as RFC 9309 has it: what of a host may be read, how often, and where its sitemaps are. */
import { globOf } from '../platform/text/glob.ts'

export interface Robots {
  isAllowed(address: string): boolean
  /** Between two requests; 0 where the file does not say. */
  delayMs: number
  /** As the file has them. */
  sitemaps: string[]
}

/** How robots.txt calls us. */
const ownName = 'mevichat'

/** The RFC asks for this much; what comes after is not read. */
const maxLength = 500 * 1024
/** Each address is compared with every rule, so a host may not have any number of them. */
const maxRules = 1_000
const maxDelayMs = 10_000

interface Group {
  rules: { length: number; isAllowed: boolean; matches(path: string): boolean }[]
  delayMs: number | null
}

export function parseRobots(text: string): Robots {
  const groups = new Map<string, Group>()
  const sitemaps: string[] = []
  let names: string[] = []
  let isNamed = false
  for (const line of text.slice(0, maxLength).split(/\r\n?|\n/)) {
    const [, field = '', rest = ''] = /^\s*([\w-]+)\s*:([^#]*)/.exec(line) ?? []
    const value = rest.trim()
    switch (field.toLowerCase()) {
      case 'user-agent':
        if (!isNamed) names = []
        names.push(value.toLowerCase().split('/', 1)[0] ?? '')
        break
      case 'allow':
      case 'disallow':
        for (const { rules } of groupsOf(groups, names)) {
          if (value !== '' && rules.length < maxRules) rules.push(ruleOf(value, field.toLowerCase() === 'allow'))
        }
        break
      case 'crawl-delay':
        for (const group of groupsOf(groups, names)) group.delayMs = Math.min(maxDelayMs, Number(value) * 1_000) || 0
        break
      case 'sitemap':
        sitemaps.push(value)
        continue
      default:
        continue
    }
    isNamed = field.toLowerCase() === 'user-agent'
  }
  const { rules, delayMs } = groups.get(ownName) ?? groups.get('*') ?? { rules: [], delayMs: null }
  return { isAllowed: (address) => isAllowed(rules, address), delayMs: delayMs ?? 0, sitemaps }
}

/** A group that names us counts also if it has no rules: then everything is allowed. */
function groupsOf(groups: Map<string, Group>, names: string[]): Group[] {
  return names.map((name) => {
    const group = groups.get(name) ?? { rules: [], delayMs: null }
    groups.set(name, group)
    return group
  })
}

function ruleOf(value: string, isAllowed: boolean) {
  const pattern = normalisePath(value)
  const isWhole = pattern.endsWith('$')
  const matches = globOf(isWhole ? pattern.slice(0, -1) : pattern, { isPrefix: !isWhole })
  return { length: pattern.length, isAllowed, matches }
}

/** The longest rule decides; of two that are equally long the one that allows. */
function isAllowed(rules: Group['rules'], address: string): boolean {
  const { pathname, search } = new URL(address)
  const path = normalisePath(pathname + search)
  let best = { length: -1, isAllowed: true }
  for (const { length, isAllowed, matches } of rules) {
    if (length < best.length || (length === best.length && !isAllowed)) continue
    if (matches(path)) best = { length, isAllowed }
  }
  return best.isAllowed
}

/** What is percent-encoded and what is not compare equal (RFC 9309, 2.2.2). */
function normalisePath(path: string): string {
  return encodeURI(path.toWellFormed())
    .replaceAll('%25', '%')
    .replace(/%[0-9a-f]{2}/gi, (octet) => octet.toUpperCase())
}
