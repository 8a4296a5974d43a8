/**
 * What a page says of itself to search engines (https://schema.org, as JSON-LD) and not to its readers: the answers of an
 * FAQ that only open at a click, the price and availability of a product that a script fills in.
 */
import { jsonDepthOf } from '../platform/text/json-depth.ts'
import { toMarkdown } from './html-markdown.ts'
import { parseHtml } from './html-tree.ts'

const maxChars = 1_000_000
const maxDepth = 32
const maxThings = 1_000

type Thing = Record<string, unknown>

/** Sections of Markdown for what `markdown` lacks; empty for a page without any. What is malformed is passed over. */
export function structuredSections(html: string, markdown: string): string {
  const known = plain(markdown)
  const sections = scriptsOf(html)
    .flatMap(thingsIn)
    .slice(0, maxThings)
    .map((thing) => sectionOf(thing, known))
  return [...new Set(sections)].filter((section) => section !== '').join('\n\n')
}

/** In one pass: a page of a thousand unclosed scripts costs no more than its length. */
function scriptsOf(html: string): string[] {
  const found: string[] = []
  const opening = /<script\b[^>]{0,500}\bapplication\/ld\+json\b[^>]{0,500}>/gi
  let total = 0
  for (let match = opening.exec(html); match && total < maxChars; match = opening.exec(html)) {
    const start = opening.lastIndex
    const end = html.indexOf('</script', start)
    if (end < 0) break
    total += end - start
    if (total <= maxChars) found.push(html.slice(start, end))
    opening.lastIndex = end
  }
  return found
}

function thingsIn(json: string): Thing[] {
  if (jsonDepthOf(json, maxDepth) > maxDepth) return []
  try {
    const value: unknown = JSON.parse(json)
    return listed(value).flatMap((thing) => [thing, ...listed(thing['@graph']), ...listed(thing.mainEntity)])
  } catch {
    return []
  }
}

function sectionOf(thing: Thing, known: string): string {
  if (isA(thing, 'Question')) {
    const question = textIn(thing.name)
    const answer = textIn(listed(thing.acceptedAnswer)[0]?.text)
    return question && answer && !known.includes(plain(answer).slice(0, 80)) ? `## ${question}\n\n${answer}` : ''
  }
  return isA(thing, 'Product') ? productSection(thing, known) : ''
}

function productSection(product: Thing, known: string): string {
  const name = textIn(product.name)
  const [offer = {}] = listed(product.offers)
  const price = textIn(offer.price ?? offer.lowPrice)
  const availability = (textIn(offer.availability).split('/').at(-1) ?? '').replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
  const facts = [
    ['Price', price && `${price} ${textIn(offer.priceCurrency)}`.trim()],
    ['Availability', availability],
    ['Brand', textIn(listed(product.brand)[0]?.name ?? product.brand)],
    ['SKU', textIn(product.sku)],
  ].filter(([, value]) => value && !known.includes(plain(value)))
  const description = textIn(product.description)
  const lacking = [
    ...facts.map(([label, value]) => `- ${label}: ${value}`),
    ...(description && !known.includes(plain(description).slice(0, 80)) ? ['', description] : []),
  ]
  return name && lacking.length > 0 ? `## ${name}\n\n${lacking.join('\n').trim()}` : ''
}

function isA(thing: Thing, type: string): boolean {
  return [thing['@type']].flat().some((one) => typeof one === 'string' && one.split('/').at(-1) === type)
}

function listed(value: unknown): Thing[] {
  return [value].flat().filter((one): one is Thing => typeof one === 'object' && one !== null)
}

/** Text may hold HTML, and a price be a number. */
function textIn(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? toMarkdown(parseHtml(value)).trim() : ''
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
