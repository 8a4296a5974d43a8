/** Markdown and plain text: taken as they are, less front matter and comments; the title from either or the first H1. */
import type { Extract } from './document.ts'
import { sectionsOf } from './markdown-sections.ts'

export function extractMarkdown(text: string): Extract {
  const { fields, body } = frontMatterOf(text.replaceAll('\r\n', '\n'))
  const markdown = withoutComments(body)
  const [firstTitle] = sectionsOf(markdown).find(({ headings }) => headings.length > 0)?.headings ?? []
  return {
    title: fields.get('title') ?? firstTitle ?? '',
    language: fields.get('lang') ?? fields.get('language') ?? null,
    canonicalUrl: null,
    markdown,
  }
}

/** Plain `name: value` lines between the first two `---`; anything more of YAML is passed over. */
function frontMatterOf(text: string): { fields: Map<string, string>; body: string } {
  const fields = new Map<string, string>()
  const end = text.startsWith('---\n') ? text.indexOf('\n---', 3) : -1
  if (end < 0 || !/^\n---[ \t]*(\n|$)/.test(text.slice(end, end + 100))) return { fields, body: text }
  for (const line of text.slice(4, Math.max(4, end)).split('\n')) {
    const [, name, value] = /^(\w{1,40}):[ \t]*(\S.{0,500})$/.exec(line) ?? []
    if (name && value) fields.set(name.toLowerCase(), value.trim().replace(/^(["'])(.*)\1$/, '$2'))
  }
  const bodyStart = text.indexOf('\n', end + 1)
  return { fields, body: bodyStart < 0 ? '' : text.slice(bodyStart + 1) }
}

/** `<!-- … -->` is a note of the writer's. In code it is kept. */
function withoutComments(markdown: string): string {
  if (!markdown.includes('<!--')) return markdown
  return markdown
    .split(/(^ {0,3}(?:```|~~~).*$)/m)
    .map((part, at) => (at % 4 === 0 ? outsideComments(part) : part))
    .join('')
}

function outsideComments(text: string): string {
  let kept = ''
  let from = 0
  for (;;) {
    const start = text.indexOf('<!--', from)
    const end = start < 0 ? -1 : text.indexOf('-->', start + 4)
    if (end < 0) return kept + text.slice(from)
    kept += text.slice(from, start)
    from = end + 3
  }
}
