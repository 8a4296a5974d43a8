/** From the printed link to an answered chat, by API alone: the commands of the guide, run as they stand there. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

/** What the page needs of `jq`, for a machine without it. */
const jq = `#!/usr/bin/env node
const [flag, wanted] = process.argv.slice(2)
const value = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
const [, name, , expected] = /^\\.(\\w+)( == "(.*)")?$/.exec(wanted)
const result = expected === undefined ? value[name] : value[name] === expected
console.log(flag === '-r' ? String(result) : JSON.stringify(result))
if (flag === '-e' && !result) process.exitCode = 1
`

/** The folders of commands, with one for those that are missing. */
function commandPath(): string {
  const { PATH = '' } = process.env
  if (spawnSync('jq', ['--version']).status === 0) return PATH
  const folder = join(dir, 'bin')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'jq'), jq, { mode: 0o755 })
  return `${folder}:${PATH}`
}

/** The blocks of code of the page, in order; the first says where the server is. */
function commandsOf(page: string): string[] {
  const text = readFileSync(new URL(`../docs/guide/${page}.md`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```\n(.+?)^```$/gms)].map(([, code = '']) => code)
}

function run(script: string, env: Record<string, string>): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const shell = spawn('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      stdio: ['ignore', 'pipe', 'pipe'],

      cwd: dir,
      env: { ...process.env, PATH: commandPath(), ...env },
    })
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
