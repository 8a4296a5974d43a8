import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { FetchProblem, openEgress, type Resolve, safeFetch } from './safe-fetch.ts'

const publicUrl = 'https://chat.example.com'

async function listen(server: Server, host = '127.0.0.1') {
  server.listen(0, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A site on loopback, and an egress that is allowed to read it. */
async function site(handler: RequestListener) {
  const server = createServer(handler)
  const port = await listen(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    egress: openEgress({ egressAllow: [`127.0.0.1:${port}`], publicUrl }),
  }
}

async function problemOf(work: Promise<unknown>): Promise<FetchProblem> {
  try {
    await work
  } catch (error) {
    if (error instanceof FetchProblem) return error
    throw error
  }
  throw new Error('it was fetched')
}

describe('addresses that are not public › blocked_address, and no connection', () => {
  let connections = 0
  const canaries = [createTcpServer(() => connections++), createTcpServer(() => connections++)]
  const ports: number[] = []

  beforeAll(async () => {
    for (const [index, host] of ['127.0.0.1', '::1'].entries()) {
      const canary = canaries[index]
      if (!canary) continue
      canary.listen(0, host)
      // Not every machine has IPv6.
      const isListening = await once(canary, 'listening').catch(() => null)
      if (isListening) ports.push((canary.address() as AddressInfo).port)
    }
  })
  afterAll(() => {
    for (const canary of canaries) canary.close()
  })

  const spellings = [
    '127.0.0.1',
    'localhost',
    'LOCALHOST',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '0',
    '0.0.0.0',
    '127.127.127.127',
    '１２７.０.０.１',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[fe80::1]',
    '[fec0::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '0xa9fea9fe',
    '168.63.129.16',
    '192.0.0.192',
    '198.18.0.1',
    '192.0.2.1',
    '224.0.0.1',
    '255.255.255.255',
  ]
  const egress = openEgress({ egressAllow: [], publicUrl })

  test.each(spellings)('%s', async (host) => {
    for (const port of [80, ...ports]) {
      const problem = await problemOf(safeFetch(egress, `http://${host}:${port}/`))
      expect(problem).toMatchObject({ code: 'blocked_address', message: expect.stringContaining('public internet') })
    }
    expect(connections).toBe(0)
  })

  test('a name that resolves inside, or to both sides', async () => {
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['2606:4700::1111', '::ffff:10.0.0.1']]) {
      const resolve: Resolve = async () =>
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      const rebinding = openEgress({ egressAllow: [], publicUrl, resolve })
      const problem = await problemOf(safeFetch(rebinding, `http://site.test:${ports[0]}/`))
      expect(problem.code).toBe('blocked_address')
    }
    expect(connections).toBe(0)
  })

  test('a name that changes its answer after the check is still reached at the checked address', async () => {
    let asked = 0
    const resolve: Resolve = async () => [{ address: asked++ === 0 ? '192.0.2.1' : '127.0.0.1', family: 4 }]
    const rebinding = openEgress({ egressAllow: ['192.0.2.0/24'], publicUrl, resolve })
    const problem = await problemOf(safeFetch(rebinding, `http://site.test:${ports[0]}/`, { limits: { totalMs: 300 } }))
    expect(problem.code).toMatch(/timed_out|connection/)
    expect(asked).toBe(1)
    expect(connections).toBe(0)
  })
})

describe('addresses that are refused for their form', () => {
  const egress = openEgress({
    egressAllow: [],
    publicUrl,
    resolve: async () => [{ address: '93.184.216.34', family: 4 }],
  })

  test.each([
    ['file:///etc/passwd', 'unsupported_scheme'],
    ['ftp://example.com/', 'unsupported_scheme'],
    ['gopher://example.com/', 'unsupported_scheme'],
    ['data:text/html,hello', 'unsupported_scheme'],
    ['javascript:alert(1)', 'unsupported_scheme'],
    ['http://user:secret@example.com/', 'invalid_url'],
    ['not an address', 'invalid_url'],
    ['http://', 'invalid_url'],
    ['http://[fe80::1%25eth0]/', 'invalid_url'],
    ['http://example.com:22/', 'blocked_address'],
    ['http://example.com:8080/', 'blocked_address'],
  ])('%s › %s', async (address, code) => {
    expect((await problemOf(safeFetch(egress, address))).code).toBe(code)
  })
})

describe('redirects', () => {
  test('five are followed, the last address is the one that is told', async () => {
    const { url, egress } = await site((request, response) => {
      const step = Number(request.url?.slice(1))
      if (step < 5) response.writeHead(302, { location: `/${step + 1}` }).end()
      else response.end('here')
    })
    const page = await safeFetch(egress, `${url}/0`)
    expect(page).toMatchObject({ status: 200, url: `${url}/5` })
    expect(page.body.toString()).toBe('here')
  })

  test('six are too many', async () => {
    const { url, egress } = await site((_request, response) => response.writeHead(301, { location: '/again' }).end())
    expect((await problemOf(safeFetch(egress, url))).code).toBe('too_many_redirects')
  })

  test.each([
    ['http://169.254.169.254/latest/meta-data/', 'blocked_address'],
    ['http://10.0.0.1/', 'blocked_address'],
    ['//[::ffff:127.0.0.1]/', 'blocked_address'],
    ['file:///etc/passwd', 'unsupported_scheme'],
    ['gopher://127.0.0.1/', 'unsupported_scheme'],
    ['http://a:b@example.com/', 'invalid_url'],
  ])('to %s › %s', async (location, code) => {
    const { url, egress } = await site((_request, response) => response.writeHead(302, { location }).end('body'))
    expect((await problemOf(safeFetch(egress, url))).code).toBe(code)
  })
})

describe('what is sent and what comes back', () => {
  test('a truthful user agent, gzip alone, the host by its name, and what was known of the page', async () => {
    const { port } = await site((request, response) => {
      response.setHeader('content-type', 'Text/HTML; Charset="ISO-8859-1"')
      response.setHeader('etag', '"two"')
      response.end(JSON.stringify(request.headers))
    })
    const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }]
    const egress = openEgress({ egressAllow: ['127.0.0.0/8'], publicUrl, resolve })
    const page = await safeFetch(egress, `http://site.test:${port}/`, {
      known: { etag: '"one"', lastModified: 'Sun, 01 Nov 2026 00:00:00 GMT' },
    })
    expect(page).toMatchObject({ contentType: 'text/html', charset: 'iso-8859-1', etag: '"two"', lastModified: null })
    expect(JSON.parse(page.body.toString())).toEqual({
      host: `site.test:${port}`,
      'user-agent': expect.stringMatching(
        /^Mevichat\/\d+\.\d+\.\d+ \(\+https:\/\/chat\.example\.com\/docs\/crawler\/\)$/,
      ),
      accept: expect.stringContaining('text/html'),
      'accept-encoding': 'gzip',
      'if-none-match': '"one"',
      'if-modified-since': 'Sun, 01 Nov 2026 00:00:00 GMT',
      connection: 'close',
    })
  })

  test('gzip is unpacked', async () => {
    const { url, egress } = await site((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked')),
    )
    expect((await safeFetch(egress, url)).body.toString()).toBe('unpacked')
  })

  test('304 has no body', async () => {
    const { url, egress } = await site((_request, response) => response.writeHead(304).end())
    expect(await safeFetch(egress, url)).toMatchObject({ status: 304, body: Buffer.alloc(0) })
  })

  test.each([404, 403, 429, 500])('%i › http_status with a sentence', async (status) => {
    const { url, egress } = await site((_request, response) => response.writeHead(status).end('no'))
    const problem = await problemOf(safeFetch(egress, url))
    expect(problem).toMatchObject({ code: 'http_status', status, isPassing: status >= 429 })
    expect(problem.message).toContain(String(status))
  })
})

describe('hostile and broken servers', () => {
  test('a gzip bomb is cut at the ratio, long before its end', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000))
    const { url, egress } = await site((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    )
    const problem = await problemOf(safeFetch(egress, url, { limits: { maxBytes: 150_000_000 } }))
    expect(problem.code).toBe('too_large')
  })

  test('a body past the cap, with its length told or not', async () => {
    const { url, egress } = await site((request, response) => {
      if (request.url === '/told') response.setHeader('content-length', 2_000)
      response.write(Buffer.alloc(1_000))
      response.end(Buffer.alloc(1_000))
    })
    for (const path of ['/told', '/untold'])
      expect((await problemOf(safeFetch(egress, url + path, { limits: { maxBytes: 1_500 } }))).code).toBe('too_large')
  })

  test('a server that never answers, and one that stalls in the body', async () => {
    const { url, egress } = await site((request, response) => {
      if (request.url === '/stall') response.write('a little')
    })
    for (const path of ['/', '/stall'])
      expect((await problemOf(safeFetch(egress, url + path, { limits: { totalMs: 300 } }))).code).toBe('timed_out')
  })

  test('a server that drips under the least speed', async () => {
    const { url, egress } = await site((_request, response) => {
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const problem = await problemOf(safeFetch(egress, url, { limits: { graceMs: 300 } }))
    expect(problem).toMatchObject({ code: 'timed_out', message: expect.stringContaining('slowly') })
  })

  test('a connection that breaks at half, plain and packed', async () => {
    const { url, egress } = await site((request, response) => {
      const packed = request.url === '/packed'
      response.writeHead(200, { 'content-length': 1_000, ...(packed && { 'content-encoding': 'gzip' }) })
      response.write(packed ? gzipSync('half').subarray(0, 12) : 'half', () => response.destroy())
    })
    for (const path of ['/plain', '/packed'])
      expect((await problemOf(safeFetch(egress, url + path))).code).toBe('connection')
  })

  test('brotli that nobody asked for, nonsense instead of gzip, and plain HTTP where TLS is expected', async () => {
    const { url, port } = await site((request, response) =>
      response.writeHead(200, { 'content-encoding': request.url?.slice(1) }).end('nonsense'),
    )
    const egress = openEgress({ egressAllow: ['127.0.0.1/32'], publicUrl })
    expect((await problemOf(safeFetch(egress, `${url}/br`))).code).toBe('unsupported_encoding')
    expect((await problemOf(safeFetch(egress, `${url}/gzip`))).code).toBe('connection')
    expect((await problemOf(safeFetch(egress, `https://127.0.0.1:${port}/`))).code).toBe('tls')
  })

  test('a name that does not exist, and a port where nobody listens', async () => {
    const server = createServer()
    const port = await listen(server)
    server.close()
    const egress = openEgress({ egressAllow: ['127.0.0.1/32'], publicUrl })
    expect((await problemOf(safeFetch(egress, `http://127.0.0.1:${port}/`))).code).toBe('connection')
    expect((await problemOf(safeFetch(egress, 'http://nowhere.invalid/'))).code).toBe('dns')
  })

  test('the caller’s own signal ends it with its reason', async () => {
    const { url, egress } = await site(() => undefined)
    const stopping = new AbortController()
    const fetching = safeFetch(egress, url, { signal: stopping.signal })
    stopping.abort(new Error('stopping'))
    await expect(fetching).rejects.toThrow('stopping')
  })
})
