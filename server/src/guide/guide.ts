/** Guide owns the project's own documentation: the pages of `docs/guide/`, in the order of their index. */
import { readdir, readFile } from 'node:fs/promises'

export interface GuidePage {
  /** The file's name without its ending. */
  name: string
  /** Where the site shows it. */
  path: string
  title: string
  /** Links between pages lead to their paths on the site. */
  markdown: string
  /** The heading of the index under which the page is listed; null for the index itself. */
  group: string | null
}

const guideFolder = new URL('../../../docs/guide/', import.meta.url)
const referenceFolder = new URL('../../../docs/reference/', import.meta.url)

/** The pages that people and the demo's bot read. */
export async function readGuide(): Promise<GuidePage[]> {
  return inOrder(await readFolder(guideFolder))
}

/** The guide with the generated reference after it, less what the guide has a page of its own for. */
export async function readDocs(): Promise<GuidePage[]> {
  const [guide, reference] = await Promise.all([readGuide(), readFolder(referenceFolder)])
  const names = new Set(guide.map((page) => page.name))
  return [
    ...guide,
    ...reference.filter((page) => !names.has(page.name)).map((page) => ({ ...page, group: 'Reference' })),
  ]
}

async function readFolder(folder: URL): Promise<GuidePage[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.md')).sort()
  return Promise.all(
    files.map(async (file) => pageOf(file.slice(0, -3), await readFile(new URL(file, folder), 'utf8'))),
  )
}

function pageOf(name: string, text: string): GuidePage {
  const title = /^# (.+)$/m.exec(text)?.[1] ?? name
  return {
    name,
    path: pathOf(name),
    title,
    markdown: text.replace(/\]\(([\w-]+)\.md(?=[)#])/g, (_, to: string) => `](${pathOf(to)}`),
    group: null,
  }
}

function pathOf(name: string): string {
  return name === 'index' ? '/docs/' : `/docs/${name}/`
}

/** The index is the table of contents: its second-level headings are the groups, its links the pages. */
function inOrder(pages: GuidePage[]): GuidePage[] {
  const index = pages.find((page) => page.name === 'index')
  const groups = new Map<string, string>()
  let group = ''
  for (const [, heading, path] of index?.markdown.matchAll(/^## (.+)$|^- \[[^\]]+\]\((\/docs\/[\w-]+\/)\)/gm) ?? []) {
    if (heading) group = heading
    else if (path) groups.set(path, group)
  }
  const order = [...groups.keys()]
  const rank = ({ path, name }: GuidePage) =>
    name === 'index' ? -1 : order.includes(path) ? order.indexOf(path) : order.length
  return pages
    .map((page) => (page === index ? page : { ...page, group: groups.get(page.path) ?? 'More' }))
    .sort((one, other) => rank(one) - rank(other))
}
