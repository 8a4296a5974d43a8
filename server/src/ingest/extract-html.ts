/** The main content of a web page, without its navigation, banners and the like. */
import type { Extract } from './document.ts'
import { headOf } from './html-head.ts'
import { toMarkdown } from './html-markdown.ts'
import { type Element, firstWithin, parseHtml, textOf } from './html-tree.ts'
import { structuredSections } from './json-ld.ts'
import { keepMainContent } from './main-content.ts'
import { ReadProblem } from './read-problem.ts'

export function extractHtml(html: string, url: string | null): Extract {
  const root = parseHtml(html)
  const head = headOf(root, url)
  const needsJavaScript = needsScripts(root)
  keepMainContent(root, head.title)
  const markdown = toMarkdown(root)
  const structured = structuredSections(html, markdown)
  if (needsJavaScript && markdown.length + structured.length < 200) throw new ReadProblem('needs_javascript')
  return { ...head, markdown: structured === '' ? markdown : `${markdown}\n\n${structured}` }
}

const appRoots = new Set(['root', 'app', '__next', '__nuxt', 'app-root', 'svelte', 'gatsby-focus-wrapper', '___gatsby'])

/** An empty place for an application, or words to those who have no JavaScript. */
function needsScripts(root: Element): boolean {
  return (
    firstWithin(root, (element) => {
      if (element.tag === 'noscript') return /javascript/i.test(textOf(element))
      const isAppRoot = appRoots.has(element.attributes.id ?? '') || element.tag === 'app-root'
      return isAppRoot && textOf(element).length < 40
    }) !== null
  )
}
