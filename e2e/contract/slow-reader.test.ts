import { connect } from 'node:net'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { lanes } from '../../server/testing/database.ts'
import { eventually } from './eventually.ts'
import { knowing, turn, usageOf, useApp } from './scene.ts'

/** More than the system's socket buffers and ours take together. */
const reply = Array.from({ length: 7_000 }, (_, i) => String(i).padEnd(1_000, 'x')).join(' ')

describe.each(lanes)('a reader that stops reading on $name', (lane) => {
  const app = useApp(lane)

  it('is dropped, and its reply is finished, stored and counted', async () => {
    app().models.settings.reply = reply
    const tenant = await knowing(app(), { bot: { chatModel: 'openai:long', maxOutputTokens: 1_000_000 } })
    const body = JSON.stringify(turn(tenant))
    const { port, hostname } = new URL(app().url)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.write(`POST /api/chat/ HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    socket.pause()

    const { length } = await eventually(async () => {
      const { rows } = await app().ports.db.execute<{ length: number }>(sql`
        select length(answer) from turns where workspace_id = ${tenant.workspaceId} and finish_reason = 'stop'`)
      return rows[0]
    }, 100_000)
    expect(length).toBe(reply.length)
    expect(await usageOf(app(), tenant)).toEqual({ used: 1, reserved: 0 })

    let tail = ''
    socket.on('data', (bytes) => {
      tail = (tail + bytes.toString('latin1')).slice(-1_000)
    })
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    await closed
    expect(tail).not.toContain('event: done')
  }, 120_000)
})
