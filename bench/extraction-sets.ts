/** Labelled web pages on disk: the article-extraction-benchmark and WCXB, and sets that are laid out as one of them is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { gunzipSync } from 'node:zlib'

export interface Labelled {
  set: string
  /** What is compared, as the set defines it: 4-gram shingles or words. */
  units: 'shingles' | 'words'
  id: string
  type: string
  url: string
  expected: string
  html(): Buffer
}

/** Those in `dir`, at any depth. */
export function casesIn(dir: string): Labelled[] {
  const found = ['.', ...readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()].flatMap((path) => {
    const folder = resolve(dir, path)
    const isTruth = /^ground-truth(\.json)?$/.test(basename(path))
    return isTruth ? [dirname(folder)] : []
  })
  const folders = [...new Set(found)]
  return folders.flatMap((folder) => {
    const set = nameOf(folder, folders, dir)
    return existsSync(join(folder, 'ground-truth.json')) ? oneFileOf(folder, set) : aFileEach(folder, set)
  })
}

/** A set alone is called as the folder that was asked for, of several each as its first folder, or by its whole path. */
function nameOf(folder: string, folders: string[], dir: string): string {
  if (folders.length === 1) return basename(resolve(dir))
  const firstOf = (one: string) => relative(dir, one).split(sep, 1)[0] || basename(resolve(dir))
  const isAlone = folders.filter((one) => firstOf(one) === firstOf(folder)).length === 1
  return isAlone ? firstOf(folder) : relative(dir, folder)
}

function oneFileOf(folder: string, set: string): Labelled[] {
  const truths = JSON.parse(readFileSync(join(folder, 'ground-truth.json'), 'utf8')) as Record<
    string,
    { articleBody?: string; url: string }
  >
  return Object.entries(truths).flatMap(([id, { articleBody, url }]) => {
    const html = htmlOf(folder, id)
    return html ? [{ set, units: 'shingles', id, type: 'article', url, expected: articleBody ?? '', html }] : []
  })
}

function aFileEach(folder: string, set: string): Labelled[] {
  const truths = join(folder, 'ground-truth')
  return readdirSync(truths)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      const { url, ground_truth, _internal } = JSON.parse(readFileSync(join(truths, name), 'utf8')) as {
        url: string
        ground_truth: { main_content: string | null }
        _internal?: { page_type?: { primary?: string } }
      }
      const id = basename(name, '.json')
      const html = htmlOf(folder, id)
      const type = _internal?.page_type?.primary ?? 'page'
      return html ? [{ set, units: 'words', id, type, url, expected: ground_truth.main_content ?? '', html }] : []
    })
}

function htmlOf(folder: string, id: string): Labelled['html'] | null {
  const path = join(folder, 'html', `${id}.html`)
  if (existsSync(`${path}.gz`)) return () => gunzipSync(readFileSync(`${path}.gz`))
  return existsSync(path) ? () => readFileSync(path) : null
}
