/** Which of the addresses that a sync finds are pages of its source, and how many of them there may be. */
import { setImmediate } from 'node:timers/promises'
import type { Db } from '../platform/db/db.ts'
import { globOf } from '../platform/text/glob.ts'
import { isSameSite } from '../platform/web-address.ts'
import { type LeftOut, type Listed, leaveOut, listedAddresses, listPages, type SyncRef } from '../sources/pages.ts'
import { pageCap } from '../sources/slices.ts'
import type { Source } from '../sources/sources.ts'
import type { RobotsFiles } from './robots-files.ts'

export interface Frontier {
  /** Whether an address is one that the source's settings ask for. */
  isWanted(address: string): boolean
  /** Lists what is new and belongs to the source. */
  add(addresses: readonly string[], depth: number): Promise<void>
  /** Counts pages that are listed already, without a sync's having to read them. */
  note(addresses: readonly string[]): void
  isFull(): boolean
  isEmpty(): boolean
  /** Pages that the source may have at all. */
  cap: number
  /** At least so many were left out for the cap. */
  overCap(): number
}

/** Links from the first page; deeper than that only traps go. */
const maxDepth = 50
/** Pages whose addresses differ in numbers and the values of their query alone: a calendar has no end. */
const maxOfPattern = 500
/** So many pages that are left out are named, the others counted. */
const maxNamed = 200
/** Counted so far; beyond it, "at least". */
const maxCounted = 20_000

const overCap = 'The cap of pages of the plan or of the source is reached.'
const ofPattern = `There are ${maxOfPattern} pages already whose addresses differ from this one in numbers alone.`
const robotsSay = 'robots.txt of this site does not let us read this page.'

export async function openFrontier(
  { db }: { db: Db },
  ref: SyncRef,
  source: Source,
  robots: RobotsFiles,
  alreadyOver: number,
): Promise<Frontier> {
  const { include, exclude, ...settings } = source.settings
  const isWebsite = source.kind === 'website'
  const included = include?.map((pattern) => globOf(pattern)) ?? null
  const excluded = exclude?.map((pattern) => globOf(pattern)) ?? []
  const cap = await pageCap({ db }, source)
  const listed = await listedAddresses(db, ref)
  const known = new Set(listed.map(({ address }) => address))
  let read = listed.filter(({ isRead }) => isRead).length
  let named = listed.length - read
  const patterns = new Map<string, number>()
  await each([...known], count)
  const left = new Set<string>()

  function count(address: string): number {
    const pattern = patternOf(address)
    if (!isWebsite || pattern === null) return 0
    const before = patterns.get(pattern) ?? 0
    patterns.set(pattern, before + 1)
    return before
  }

  function isWanted(address: string): boolean {
    if (isWebsite && !isSameSite(address, source.url ?? '')) return false
    const { pathname, search } = new URL(address)
    const path = pathname + search
    return (
      (included === null || included.some((matches) => matches(path))) && !excluded.some((matches) => matches(path))
    )
  }

  async function name(addresses: Listed[], problem: LeftOut, reason: string) {
    const some = addresses.slice(0, Math.max(0, maxNamed - named))
    named += some.length
    await leaveOut(db, ref, some, problem, reason)
  }

  return {
    cap,
    isWanted,
    isFull: () => read >= cap,
    isEmpty: () => known.size === 0,
    overCap: () => Math.max(alreadyOver, left.size),
    note(addresses) {
      for (const address of addresses) {
        if (known.has(address)) continue
        known.add(address)
        read++
      }
    },
    async add(addresses, depth) {
      if (depth > Math.min(settings.maxDepth ?? maxDepth, maxDepth)) return
      const found: Listed[] = []
      const forbidden: Listed[] = []
      const tooMany: Listed[] = []
      const alike: Listed[] = []
      await each(addresses, (address) => {
        if (known.has(address) || left.has(address) || !isWanted(address)) return
        const one = { address, depth }
        if (robots.peek(address)?.isAllowed(address) === false) {
          known.add(address)
          forbidden.push(one)
        } else if (read >= cap) {
          if (left.size < maxCounted) left.add(address)
          tooMany.push(one)
        } else if (count(address) >= maxOfPattern) {
          if (left.size < maxCounted) left.add(address)
          alike.push(one)
        } else {
          known.add(address)
          read++
          found.push(one)
        }
      })
      for (let at = 0; at < found.length; at += 1_000) await listPages(db, ref, found.slice(at, at + 1_000))
      await name(forbidden, 'robots', robotsSay)
      await name(tooMany, 'over_cap', overCap)
      await name(alike, 'over_cap', ofPattern)
    },
  }
}

/** A sitemap has 50,000 addresses, and others wait for this thread. */
async function each(addresses: readonly string[], look: (address: string) => void): Promise<void> {
  for (const [at, address] of addresses.entries()) {
    if (at % 500 === 499) await setImmediate()
    look(address)
  }
}

/** Null for an address that is one of its kind. */
function patternOf(address: string): string | null {
  const { pathname, searchParams } = new URL(address)
  const path = pathname.replace(/\d+/g, '#')
  const query = [...new Set(searchParams.keys())].sort().join('&')
  return path === pathname && query === '' ? null : `${path}?${query}`
}
