/** Site owns the pages that this server shows: each is rendered at its first request and kept. */
import { readFile } from 'node:fs/promises'
import { readDocs } from '../guide/guide.ts'
import { escapeHtml } from '../platform/http/html.ts'
import { type DemoPorts, openDemo } from '../seed/demo.ts'
import { type Asset, assetOf } from './assets.ts'
import { guidePage, missingPage } from './pages.ts'

export const siteFolder = new URL('../../site/', import.meta.url)

export interface Site {
  /** The demo site with the key of its bot. */
  demo(): Promise<Asset>
  /** Null when the guide has no page of this name. */
  guide(name: string): Promise<Asset | null>
  missing(): Promise<Asset>
}

export function createSite(ports: DemoPorts, { isDemo }: { isDemo: boolean }): Site {
  const pages = new Map<string, Asset>()
  const docs = once(readDocs)
  const publicKey = once(async () => (isDemo ? (await openDemo(ports)).publicKey : null))

  async function keep(path: string, make: () => Promise<string>): Promise<Asset> {
    const page = pages.get(path) ?? assetOf(await make(), 'text/html; charset=utf-8')
    pages.set(path, page)
    return page
  }

  return {
    demo: () =>
      keep('/', async () => {
        const template = await readFile(new URL('index.html', siteFolder), 'utf8')
        return template.replaceAll('{{publicKey}}', escapeHtml((await publicKey()) ?? ''))
      }),
    async guide(name) {
      const all = await docs()
      const page = all.find((one) => one.name === name)
      return page ? keep(page.path, async () => guidePage(page, all, await publicKey())) : null
    },
    missing: () => keep('/404', async () => missingPage(await docs())),
  }
}

/** Asked for again only after a failure. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null
      throw error
    })
    return made
  }
}
