import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { saveBot } from '../../server/src/bots/bots.ts'
import { usage } from '../../server/src/quota/quota.ts'
import { freshAddress } from '../../server/testing/app.ts'
import { lanes } from '../../server/testing/database.ts'
import type { ServerDb, ServerProcess } from '../../server/testing/process.ts'
import { get, newTenant, openRig, type Rig, type Tenant, until } from './rig.ts'

/** Sends `text` and nothing more; resolves with all that came when the server has closed the connection. */
function sendRaw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: freshAddress() })
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      answer += chunk
    })
    socket.on('error', (error) => (answer ? resolve(answer) : reject(error)))
    socket.on('close', () => resolve(answer))
    socket.write(text)
  })
}

/** Asks and then reads nothing. */
function askAndPause(url: string, tenant: Tenant) {
  const body = JSON.stringify({ public_key: tenant.publicKey, session_id: crypto.randomUUID(), message: 'Why?' })
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), localAddress: freshAddress() })
  socket.on('error', () => {})
  socket.write(`POST /api/chat/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  socket.pause()
  return socket
}

function residentMegabytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

describe.each(lanes)('slow clients, on $name', { timeout: 180_000 }, (lane) => {
  let rig: Rig
  let server: ServerProcess
  let database: ServerDb
  beforeAll(async () => {
    rig = await openRig(lane)
    server = await rig.start()
    database = server.openDb()
  })
  afterAll(async () => {
    await database[Symbol.asyncDispose]()
    await rig[Symbol.asyncDispose]()
  })

  it('100 that never finish their headers or their body get 408 and are closed; others are answered meanwhile', async () => {
    const halves = [
      'POST /api/chat/ HTTP/1.1\r\nHost: x\r\nX-A: b\r\n',
      'POST /api/chat/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"',
    ]
    const slow = Array.from({ length: 100 }, (_, at) => sendRaw(server.url, halves[at % 2] ?? ''))
    expect((await get(server, '/health/live')).status).toBe(200)
    const answers = await Promise.all(slow)
    expect(new Set(answers.map((answer) => answer.slice(0, 12)))).toEqual(new Set(['HTTP/1.1 408']))
  })

  it('a second Host is refused, and the connection closed', async () => {
    const answer = await sendRaw(server.url, 'GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })

  it.runIf(process.platform === 'linux')(
    '100 that do not read have their replies written, stored and counted in bounded memory',
    async () => {
      const tenant = await newTenant(database.db)
      const words = 3_000
      rig.models.settings = { ...rig.models.settings, mode: 'ok', tokens: words, paceMs: 0 }
      const before = residentMegabytes(server.pid)
      const readers = Array.from({ length: 100 }, () => askAndPause(server.url, tenant))
      await until(
        'all are counted',
        () => usage(database, tenant.workspaceId),
        ({ used }) => used === 100,
      )
      expect(residentMegabytes(server.pid) - before).toBeLessThan(200)
      for (const reader of readers) reader.destroy()
      const { rows } = await database.db.execute(sql`
        select distinct finish_reason, array_length(string_to_array(answer, ' '), 1) as words from turns
        where workspace_id = ${tenant.workspaceId}`)
      expect(rows).toEqual([{ finish_reason: 'stop', words }])
    },
  )

  it('one that does not read a long answer is dropped; the answer is kept whole', async () => {
    const tenant = await newTenant(database.db)
    await saveBot(database, tenant.workspaceId, { name: 'Bot', maxOutputTokens: 1_000_000 }, tenant.botId)
    const reply = Array.from({ length: 1_000 }, () => 'x'.repeat(8_000)).join(' ')
    rig.models.settings = { ...rig.models.settings, mode: 'ok', reply, paceMs: 5 }
    const reader = askAndPause(server.url, tenant)
    await until(
      'it is counted',
      () => usage(database, tenant.workspaceId),
      ({ used }) => used === 1,
    )
    let received = 0
    reader.on('data', (chunk) => {
      received += chunk.length
    })
    reader.resume()
    await new Promise((resolve) => reader.once('close', resolve))
    expect(received).toBeLessThan(reply.length)
    const { rows } = await database.db.execute(sql`
      select length(answer)::int as length from turns where workspace_id = ${tenant.workspaceId}`)
    expect(rows).toEqual([{ length: reply.length }])
  })
})
