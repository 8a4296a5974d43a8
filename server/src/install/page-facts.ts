/** What the markup of an owner's page says of the page itself. */
import { Parser } from 'htmlparser2'

export interface Script {
  src: string | null
  nonce: string | null
  attributes: Record<string, string>
}

export interface PageFacts {
  title: string
  language: string | null
  /** By `name` or `property`, in lower case; the first of each. */
  meta: Map<string, string>
  /** Of `<meta http-equiv="Content-Security-Policy">`. */
  policies: string[]
  scripts: Script[]
}

const maxScripts = 300

/** One pass without a tree, so that no markup can make it slow. */
export function readPageFacts(html: string): PageFacts {
  const facts: PageFacts = { title: '', language: null, meta: new Map(), policies: [], scripts: [] }
  let isInTitle = false
  const parser = new Parser({
    onopentag(tag, attributes) {
      if (tag === 'html') facts.language ??= attributes.lang ?? null
      else if (tag === 'title') isInTitle = facts.title === ''
      else if (tag === 'meta') readMeta(facts, attributes)
      else if (tag === 'script' && facts.scripts.length < maxScripts)
        facts.scripts.push({ src: attributes.src ?? null, nonce: attributes.nonce ?? null, attributes })
    },
    ontext(text) {
      if (isInTitle && facts.title.length < 500) facts.title += text
    },
    onclosetag(tag) {
      if (tag === 'title') isInTitle = false
    },
  })
  parser.end(html)
  facts.title = facts.title.replace(/\s+/g, ' ').trim()
  return facts
}

function readMeta(facts: PageFacts, { name, property, content, 'http-equiv': equiv }: Record<string, string>): void {
  if (!content) return
  if (equiv?.toLowerCase() === 'content-security-policy') facts.policies.push(content)
  const key = (name ?? property)?.toLowerCase()
  if (key && !facts.meta.has(key) && facts.meta.size < 200) facts.meta.set(key, content.trim())
}
