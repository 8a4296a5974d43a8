/** From the printed link to an answered chat, by API alone: the commands of the guide, run as they stand there. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseEvents, textOf } from '../server/testing/http.ts'
import { type ServerProcess, startServer } from '../server/testing/process.ts'

const dir = mkdtempSync(join(tmpdir(), 'mevichat-owner-'))
let server: ServerProcess

beforeAll(async () => {
  server = await startServer('all', { MEVICHAT_DATA_DIR: join(dir, 'data'), MEVICHAT_DEMO: 'on' })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true, force: true })
})

/** The blocks of code of the page, in order; the first says where the server is. */
function commandsOf(page: string): string[] {
  const text = readFileSync(new URL(`../docs/guide/${page}.md`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```\n(.+?)^```$/gms)].map(([, code = '']) => code)
}

function run(script: string, env: Record<string, string>): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: dir, env: { ...process.env, ...env } })
    let [out, err] = ['', '']
    shell.stdout.on('data', (chunk) => {
      out += chunk
    })
    shell.stderr.on('data', (chunk) => {
      err += chunk
    })
    shell.on('error', reject)
    shell.on('close', (code) => resolve({ code, out, err }))
  })
}

async function linkToken(): Promise<string> {
  const found = () => /first-owner\/\?token=([\w-]+)/.exec(server.lines.join('\n'))?.[1]
  await expect.poll(found, { timeout: 20_000 }).toBeDefined()
  return found() ?? ''
}

describe('the guide’s first hour, over the API', () => {
  it('leads from the printed link to a second member, a bot, a source, a key and an answer with its source', async () => {
    const [where = '', ...commands] = commandsOf('first-hour')
    expect(where).toContain('SERVER=http://127.0.0.1:3000')
    const marked = commands.map((command, at) => `printf '\\n@@${at}\\n'\n${command}`).join('\n')
    const { code, out, err } = await run(marked, { SERVER: server.url, LINK_TOKEN: await linkToken() })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const said = out.split(/\n@@\d+\n/)
    expect(out).toContain('"email":"bea@example.com","role":"editor","joined_at"')
    const answered = parseEvents(said.at(-1) ?? '')
    expect(textOf(answered)).toContain('from 7 am to 6 pm')
    expect(answered.find(({ event }) => event === 'citations')?.data.citations).toMatchObject([
      { title: 'Opening hours' },
    ])
    expect(answered.at(-1)).toMatchObject({ event: 'done', data: { finish_reason: 'stop' } })
  }, 60_000)

  it('leaves nothing of the link: a second person with it is refused', async () => {
    const token = await linkToken()
    const again = `curl -s -o /dev/null -w '%{http_code}' "$SERVER/api/auth/first-owner/" -H 'Content-Type: application/json' \
      -d '{"token":"${token}","name":"Eve","email":"eve@example.com"}'`
    expect((await run(again, { SERVER: server.url })).out).toBe('410')
  })
})
