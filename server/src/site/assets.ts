/** What stands still: files and pages in memory, each with its ETag and, from its first request on, compressed. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface Asset {
  type: string
  body: Buffer
  /** Weak, as it is the same for every encoding (RFC 9110 §8.8.3). */
  etag: string
  packed: Map<Encoding, Promise<Buffer>>
}

const packers = { br: promisify(brotliCompress), gzip: promisify(gzip) } as const
type Encoding = keyof typeof packers

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.webp': 'image/webp',
}

export function assetOf(content: string | Buffer, type: string): Asset {
  const body = Buffer.from(content)
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
  return { type, body, etag, packed: new Map() }
}

const files = new Map<string, { changedAt: number; asset: Asset }>()

/** A file of a kind that is served, read again once it has changed; null when there is none. */
export async function findFile(path: URL): Promise<Asset | null> {
  const type = types[extname(path.pathname)]
  const changedAt =
    type &&
    (await stat(path).then(
      (file) => (file.isFile() ? file.mtimeMs : null),
      () => null,
    ))
  if (!type || !changedAt) return null
  const known = files.get(path.href)
  if (known?.changedAt === changedAt) return known.asset
  const asset = assetOf(await readFile(path), type)
  files.set(path.href, { changedAt, asset })
  return asset
}

/** Answers 304 to whoever has it. */
export async function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset): Promise<FastifyReply> {
  reply.header('etag', asset.etag).header('vary', 'Accept-Encoding')
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^(W\/)?/, 'W/'))
  if (known?.includes(asset.etag)) return reply.code(304).send()
  reply.type(asset.type)
  const encoding = asset.type.startsWith('image/') && !asset.type.includes('svg') ? null : encodingFor(request)
  if (!encoding) return reply.send(asset.body)
  const packed = asset.packed.get(encoding) ?? packers[encoding](asset.body)
  asset.packed.set(encoding, packed)
  return reply.header('content-encoding', encoding).send(await packed)
}

function encodingFor(request: FastifyRequest): Encoding | null {
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .split(',')
    .filter((one) => !/;\s*q=0(\.0+)?\s*$/.test(one))
    .map((one) => one.split(';')[0]?.trim().toLowerCase())
  return accepted.includes('br') ? 'br' : accepted.includes('gzip') ? 'gzip' : null
}
