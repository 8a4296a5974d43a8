import { existsSync, readdirSync, statSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { dirname, join } from 'node:path'
import { json } from 'node:stream/consumers'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startApp, type Tenant, type TestApp } from '../../testing/app.ts'
import { lanes } from '../../testing/database.ts'
import { send } from '../../testing/http.ts'
import { docxOf, pdfOf } from '../../testing/office-files.ts'
import { saveBot } from '../bots/bots.ts'
import { createHttpApp } from '../platform/http/app.ts'
import { safeName } from './file-type.ts'
import { dropFilesOfDeleted, sweepFiles } from './files.ts'
import { addSourceRoutes } from './routes.ts'

const boundary = 'a-boundary'

function form(files: [name: string, content: string | Buffer][]): Buffer {
  const parts = files.flatMap(([name, content]) => [
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="files"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
}

describe.each(lanes)('POST …/sources/files/ on $name', (lane) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(lane)
  })
  afterAll(() => app[Symbol.asyncDispose]())

  async function owner() {
    const tenant = await app.tenant()
    const { token } = await app.member(tenant.workspaceId, 'editor')
    const path = `/api/workspaces/${tenant.workspaceId}/bots/${tenant.botId}/sources/`
    const base = app.url + path
    const headers = { authorization: `Bearer ${token}` }
    return {
      workspaceId: tenant.workspaceId,
      path,
      headers,
      folder: folderOf(tenant),
      upload: (body: Buffer, type = `multipart/form-data; boundary=${boundary}`) =>
        send(`${base}files/`, { method: 'POST', headers: { ...headers, 'content-type': type }, body }),
      remove: (id: string) => send(`${base}${id}/`, { method: 'DELETE', headers }),
      list: () => send(base, { headers }),
    }
  }

  const folderOf = ({ workspaceId, botId }: Tenant) => join(app.ports.dataDir, 'files', workspaceId, botId)

  test('many in one request › each a source or its reason, none of the refused is left on disk', async () => {
    const { upload, folder } = await owner()
    const { status, json } = await upload(
      form([
        ['terms.pdf', pdfOf([[[12, 700, 'Terms.']]])],
        ['page.pdf', '<html>no PDF</html>'],
        ['huge.txt', Buffer.alloc(20 * 1024 * 1024 + 1, 'a')],
        ['prices.csv', 'Name,Price\nTea,4\n'],
        ['program.exe', 'MZ'],
        ['empty.md', ''],
        ['letter.docx', docxOf('Dear.')],
        ['../../../etc/note.txt', 'A note.'],
      ]),
    )
    expect(status).toBe(200)
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/)
    const detail = expect.any(String)
    expect(json).toEqual({
      files: [
        { name: 'terms.pdf', source_id: id },
        { name: 'page.pdf', error: 'file_invalid', detail },
        { name: 'huge.txt', error: 'file_too_large', detail },
        { name: 'prices.csv', source_id: id },
        { name: 'program.exe', error: 'unsupported_file_type', detail },
        { name: 'empty.md', error: 'file_invalid', detail },
        { name: 'letter.docx', source_id: id },
        { name: 'note.txt', source_id: id },
      ],
    })
    const kept = readdirSync(folder)
    expect(kept).toHaveLength(4)
    for (const name of kept) expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([id, 0o600])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  test('the same name again › the same source; the old file goes with the next sweep, the last with the source', async () => {
    const { upload, remove, list, folder } = await owner()
    const first = await upload(form([['a.txt', 'One.']]))
    const [old] = readdirSync(folder)
    const second = await upload(form([['a.txt', 'Two.']]))
    expect(second.json).toEqual(first.json)
    expect((await list()).json).toMatchObject({ sources: [{ kind: 'file', file: { name: 'a.txt', bytes: 4 } }] })
    expect(readdirSync(folder)).toHaveLength(2)
    await sweepFiles(app.ports)
    expect(readdirSync(folder)).toHaveLength(2)
    await sweepFiles(app.ports, { olderThanMs: 0 })
    expect(readdirSync(folder)).toHaveLength(1)
    expect(existsSync(join(folder, old ?? ''))).toBe(false)
    const [{ source_id: id }] = (first.json as { files: [{ source_id: string }] }).files
    expect((await remove(id)).status).toBe(204)
    expect(readdirSync(folder)).toEqual([])
  })

  test('a sweep › empty folders go, and the next upload makes them anew', async () => {
    const { upload, remove, folder } = await owner()
    const { json } = await upload(form([['a.txt', 'One.']]))
    await sweepFiles(app.ports, { olderThanMs: 0 })
    expect(readdirSync(folder)).toHaveLength(1)
    const [{ source_id: id }] = (json as { files: [{ source_id: string }] }).files
    await remove(id)
    await sweepFiles(app.ports, { olderThanMs: 0 })
    expect(existsSync(dirname(folder))).toBe(false)
    expect((await upload(form([['a.txt', 'One.']]))).status).toBe(200)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  test('bots and workspaces that are deleted › their files go at once, those of others stay', async () => {
    const [kept, bot, workspace] = [await owner(), await owner(), await owner()]
    for (const { upload } of [kept, bot, workspace]) await upload(form([['a.txt', 'One.']]))
    await saveBot(app.ports, bot.workspaceId, { name: 'Bot', deletedAt: new Date() })
    await app.ports.db.execute(sql`delete from workspaces where id = ${workspace.workspaceId}`)
    await dropFilesOfDeleted(app.ports)
    expect([kept, bot, workspace].map(({ folder }) => existsSync(folder))).toEqual([true, false, false])
    expect(existsSync(dirname(workspace.folder))).toBe(false)
  })

  test('a data directory of which the database knows nothing › kept', async () => {
    const { folder, upload } = await owner()
    await upload(form([['a.txt', 'One.']]))
    await using other = await lane.open()
    await dropFilesOfDeleted({ db: other.db, dataDir: app.ports.dataDir })
    expect(readdirSync(folder)).toHaveLength(1)
  })

  test('51 files › 50 are taken, and one answer says that there were more', async () => {
    const { upload } = await owner()
    const { json } = await upload(form(Array.from({ length: 51 }, (_, n) => [`${n}.txt`, `Text ${n}.`])))
    const { files } = json as { files: { error?: string }[] }
    expect(files.map(({ error }) => error ?? 'taken')).toEqual([...Array(50).fill('taken'), 'too_many_files'])
  })

  // PGlite has one backend: a lock that is held there holds everything.
  const onPostgres = lane.name === 'PostgreSQL' ? test : () => {}
  onPostgres('50 files › one connection to the database, others are answered', async () => {
    const { upload, list, folder, workspaceId } = await owner()
    const holder = await app.ports.pool.connect()
    await holder.query('begin')
    await holder.query('select 1 from bots where workspace_id = $1 for update', [workspaceId])
    const answer = upload(form(Array.from({ length: 50 }, (_, n) => [`${n}.txt`, `Text ${n}.`])))
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(50), 10_000)
    expect((await list()).status).toBe(200)
    await holder.query('rollback')
    holder.release()
    expect((await answer).status).toBe(200)
  })

  test('a form that comes slower than other bodies may › taken', async () => {
    const { path, headers, folder } = await owner()
    const hurried = createHttpApp({ ...app.ports, bodyMs: 200 })
    addSourceRoutes(hurried, app.ports)
    const url = await hurried.listen({ port: 0, host: '127.0.0.1' })
    const begin = (to: string, type: string, start: string | Buffer) => {
      const sending = request(url + to, { method: 'POST', headers: { ...headers, 'content-type': type } })
      const answer = new Promise<IncomingMessage>((resolve) => sending.once('response', resolve))
      sending.on('error', () => {})
      sending.write(start)
      return { sending, answer }
    }

    const body = form([['a.txt', 'One after the other.']])
    const upload = begin(`${path}files/`, `multipart/form-data; boundary=${boundary}`, body.subarray(0, -30))
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), 10_000)
    const tooSlow = await begin(path, 'application/json', '{').answer
    expect(tooSlow.statusCode).toBe(408)

    upload.sending.end(body.subarray(-30))
    const taken = await upload.answer
    expect(taken.statusCode).toBe(200)
    expect(await json(taken)).toMatchObject({ files: [{ name: 'a.txt', source_id: expect.any(String) }] })
    await hurried.close()
  })

  test('no form, or one that breaks off › 400 invalid_request, and nothing on disk', async () => {
    const { upload, folder } = await owner()
    const isRefused = { status: 400, json: { error: 'invalid_request' } }
    expect(await upload(Buffer.from('{}'), 'application/json')).toMatchObject(isRefused)
    expect(await upload(form([['a.txt', 'One.']]).subarray(0, -20))).toMatchObject(isRefused)
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([])
  })
})

test.each([
  ['../../a.txt', 'a.txt'],
  ['C:\\temp\\a.txt', 'a.txt'],
  ['a\0b.md', 'ab.md'],
  ['photo\u202efdp.txt', 'photofdp.txt'],
  [`${'n'.repeat(300)}.pdf`, `${'n'.repeat(196)}.pdf`],
  ['.htaccess', 'htaccess'],
  ['', 'file'],
])('the name %j becomes %j', (given, name) => {
  expect(safeName(given)).toBe(name)
})
