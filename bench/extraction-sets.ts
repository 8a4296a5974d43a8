/** Labelled web pages on disk: the article-extraction-benchmark and WCXB. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

export interface Labelled {
  set: 'article-extraction-benchmark' | 'wcxb'
  id: string
  type: string
  url: string
  expected: string
  /** Its path, gzipped. */
  html: string
}

/** Those in `dir`, at any depth. */
export function* casesIn(dir: string): Generator<Labelled> {
  const benchmark = join(dir, 'ground-truth.json')
  if (existsSync(benchmark)) {
    const truths = JSON.parse(readFileSync(benchmark, 'utf8')) as Record<string, { articleBody?: string; url: string }>
    for (const [id, { articleBody, url }] of Object.entries(truths)) {
      const html = join(dir, 'html', `${id}.html.gz`)
      yield { set: 'article-extraction-benchmark', id, type: 'article', url, expected: articleBody ?? '', html }
    }
    return
  }
  const truths = join(dir, 'ground-truth')
  for (const name of existsSync(truths) ? readdirSync(truths).sort() : []) {
    const { url, ground_truth, _internal } = JSON.parse(readFileSync(join(truths, name), 'utf8')) as {
      url: string
      ground_truth: { main_content: string | null }
      _internal?: { page_type?: { primary?: string } }
    }
    const id = basename(name, '.json')
    const html = join(dir, 'html', `${id}.html.gz`)
    const type = _internal?.page_type?.primary ?? 'page'
    if (existsSync(html)) yield { set: 'wcxb', id, type, url, expected: ground_truth.main_content ?? '', html }
  }
  for (const entry of readdirSync(dir, { withFileTypes: true }))
    if (entry.isDirectory()) yield* casesIn(join(dir, entry.name))
}
