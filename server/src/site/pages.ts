/** The pages around the guide's text. */
import type { GuidePage } from '../guide/guide.ts'
import { type Html, html, rawHtml } from '../platform/http/html.ts'
import { render } from './markdown.ts'

interface Page {
  title: string
  description: string
  /** Where in the top bar we are. */
  place: string
  body: Html
  /** Of the demo's bot; without one the page has no chat. */
  publicKey: string | null
  menu?: Html
}

function document({ title, description, place, body, publicKey, menu }: Page): string {
  const link = (path: string, name: string) =>
    html`<a href="${path}"${path === place ? rawHtml(' aria-current="true"') : null}>${name}</a>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="description" content="${description}">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/site/docs.css">
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<header class="top">
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26">Mevichat</a>
${link('/docs/', 'Guide')}
${link('/app/', 'Dashboard')}
${menu ?? null}
</header>
${body}
${publicKey === null ? null : html`<script async src="/widget.js" data-public-key="${publicKey}"></script>`}
</body>
</html>
`.text
}

/** One page of the guide among all of them. */
export function guidePage(page: GuidePage, pages: readonly GuidePage[], publicKey: string | null): string {
  const { html: text, contents } = render(page.markdown)
  const at = pages.indexOf(page)
  const [previous, next] = [pages[at - 1], pages[at + 1]]
  return document({
    title: page.name === 'index' ? 'The Mevichat guide' : `${page.title} · Mevichat guide`,
    description: firstSentence(page.markdown),
    place: '/docs/',
    publicKey,
    menu: html`<button type="button" popovertarget="pages">Pages</button>`,
    body: html`<div class="frame">
<nav class="pages" id="pages" popover aria-label="Guide">
${sidebar(page, pages)}
</nav>
<main id="text">
<article>
${rawHtml(text)}</article>
<nav class="turn" aria-label="Previous and next page">
${previous ? html`<a href="${previous.path}" rel="prev"><small>Previous</small>${previous.title}</a>` : null}
${next ? html`<a href="${next.path}" rel="next"><small>Next</small>${next.title}</a>` : null}
</nav>
</main>
<aside class="contents">
${contents.length > 1 ? html`<nav aria-label="On this page"><h2>On this page</h2><ul>${contents.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>` : null}
</aside>
</div>`,
  })
}

function sidebar(current: GuidePage, pages: readonly GuidePage[]): Html[] {
  const groups = [...new Set(pages.map((page) => page.group))]
  return groups.map((group) => {
    const links = pages
      .filter((page) => page.group === group)
      .map(
        (page) =>
          html`<li><a href="${page.path}"${page === current ? rawHtml(' aria-current="page"') : null}>${page.title}</a></li>`,
      )
    return html`${group === null ? null : html`<h2>${group}</h2>`}<ul>${links}</ul>
`
  })
}

function firstSentence(markdown: string): string {
  const paragraph = /^(?![#>|`\s-]).+(?:\n(?!\n).+)*/m.exec(markdown)?.[0] ?? ''
  return paragraph
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]/g, '')
    .replace(/\s+/g, ' ')
    .slice(0, 300)
}

export function missingPage(pages: readonly GuidePage[]): string {
  const links = pages.map((page) => html`<li><a href="${page.path}">${page.title}</a></li>`)
  return document({
    title: 'Not found · Mevichat guide',
    description: 'There is no such page in the guide.',
    place: '/docs/',
    publicKey: null,
    body: html`<main class="alone" id="text"><h1>There is no such page</h1><p>These are the pages of the guide.</p><ul>${links}</ul></main>`,
  })
}
