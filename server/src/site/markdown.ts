/** Renders the guide. Its text is the Markdown's own, letter by letter, so that a link to a quote finds it. */
import MarkdownIt from 'markdown-it'

export interface Rendered {
  html: string
  /** The headings of the second level, for the list beside the text. */
  contents: { id: string; title: string }[]
}

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false })
markdown.renderer.rules.table_open = () => '<div class="table" tabindex="0" role="region" aria-label="Table"><table>\n'
markdown.renderer.rules.table_close = () => '</table></div>\n'
markdown.renderer.rules.fence = (tokens, at) => {
  const { content = '', info = '' } = tokens[at] ?? {}
  const { escapeHtml } = markdown.utils
  return `<pre tabindex="0"><code class="language-${escapeHtml(info.trim() || 'text')}">${escapeHtml(content)}</code></pre>\n`
}
markdown.renderer.rules.heading_open = (tokens, at) =>
  `<${tokens[at]?.tag} id="${tokens[at]?.attrGet('id')}"><a href="#${tokens[at]?.attrGet('id')}">`
markdown.renderer.rules.heading_close = (tokens, at) => `</a></${tokens[at]?.tag}>\n`

/** A cell of prose, which shall not be squeezed by its neighbours. */
const longCell = 32
markdown.renderer.rules.td_open = (tokens, at) =>
  (tokens[at + 1]?.content.length ?? 0) > longCell ? '<td class="long">' : '<td>'

export function render(text: string): Rendered {
  const tokens = markdown.parse(text, {})
  const contents: Rendered['contents'] = []
  const ids = new Set<string>()
  for (const [at, token] of tokens.entries()) {
    if (token.type !== 'heading_open') continue
    const title = plain(tokens[at + 1]?.children ?? [])
    const id = freeId(slugOf(title), ids)
    token.attrSet('id', id)
    if (token.tag === 'h2') contents.push({ id, title })
  }
  return { html: markdown.renderer.render(tokens, markdown.options, {}), contents }
}

function plain(tokens: { content: string; type: string }[]): string {
  return tokens
    .filter(({ type }) => type === 'text' || type === 'code_inline')
    .map(({ content }) => content)
    .join('')
}

function slugOf(title: string): string {
  return (
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '') || 'section'
  )
}

function freeId(slug: string, taken: Set<string>): string {
  let id = slug
  for (let n = 2; taken.has(id); n++) id = `${slug}-${n}`
  taken.add(id)
  return id
}
