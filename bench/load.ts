/** Asks and reads to the end, so many at a time, each from a loopback address of its own: the limit is per address. */
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Reply {
  /** From the request to the first bytes with a token in them. */
  firstTokenMs: number
  bytes: number
}

let count = 0

function freshAddress(): string {
  count++
  return `127.${2 + ((count >> 16) & 63)}.${(count >> 8) & 255}.${1 + (count & 127)}`
}

/** `token` is what only an event with text holds: a provider's first may have none. */
export function ask(url: string, body: string, token: RegExp): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const headers = { 'content-type': 'application/json' }
    const outgoing = request(
      url,
      { method: 'POST', headers, agent: false, localAddress: freshAddress() },
      (response) => {
        let firstTokenMs = Number.NaN
        let bytes = 0
        let head = ''
        response.setEncoding('latin1')
        response.on('data', (text: string) => {
          bytes += text.length
          if (!Number.isNaN(firstTokenMs)) return
          head += text
          if (token.test(head)) firstTokenMs = performance.now() - startedAt
        })
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode === 200 && !Number.isNaN(firstTokenMs)) resolve({ firstTokenMs, bytes })
          else reject(new Error(`${url} answered ${response.statusCode} without a token: ${head.slice(0, 300)}`))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** `total` replies, `concurrency` at a time, of which each begins `staggerMs` after the one before it: visitors do not come in step. */
export async function run(
  total: number,
  concurrency: number,
  one: (n: number) => Promise<Reply>,
  staggerMs = 0,
): Promise<Reply[]> {
  const replies: Reply[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: concurrency }, async (_, at) => {
      await sleep(at * staggerMs)
      while (next < total) replies.push(await one(next++))
    }),
  )
  return replies
}
