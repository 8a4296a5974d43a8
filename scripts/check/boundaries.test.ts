import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boundaryFaults, cruiseAll } from './boundaries.ts'

/** One breach of each rule: the rule, the file, and what stands in it. */
const breaches: [rule: string, path: string, text: string][] = [
  // Of a cycle the module that comes first is named.
  ['no-cycle', 'server/src/bots/a-store.ts', "import { bots } from './bots.ts'\nexport const store = () => bots\n"],
  // Types alone, in files of JSX.
  [
    'no-cycle',
    'dashboard/src/card.tsx',
    "import type { Look } from './look.tsx'\nexport const card = (look: Look) => <p>{look}</p>\n",
  ],
  ['known-folder', 'server/src/stray/stray.ts', "import { fail } from '../platform/fail.ts'\nfail()\n"],
  ['platform-to-the-left', 'server/src/platform/db/late.ts', "import { bots } from '../../bots/bots.ts'\nbots()\n"],
  ['bots-to-the-left', 'server/src/bots/late.ts', "import { chat } from '../chat/chat.ts'\nchat()\n"],
  ['bots-to-the-left', 'server/src/bots/door.ts', "import { web } from '../web.ts'\nweb()\n"],
  ['bots-by-its-face', 'server/src/chat/deep.ts', "import { store } from '../bots/a-store.ts'\nstore()\n"],
  ['store-inside', 'server/src/worker.ts', "import { store } from './keys/store.ts'\nstore()\n"],
  ['tables-by-tables', 'server/src/bots/tables.ts', "import { bots } from './bots.ts'\nexport const table = bots\n"],
  ['routes-for-web', 'server/src/chat/doors.ts', "import { add } from '../bots/routes.ts'\nadd()\n"],
  ['jobs-for-worker', 'server/src/chat/works.ts', "import { job } from '../bots/jobs.ts'\njob()\n"],
  ['egress-in-platform', 'server/src/chat/out.ts', "import { request } from 'node:https'\nrequest('')\n"],
  ['egress-in-platform', 'server/src/chat/out2.ts', "import { request } from 'undici'\nrequest('')\n"],
  ['server-alone', 'server/src/chat/look.ts', "import { panel } from '../../../widget/src/panel.ts'\npanel()\n"],
  ['widget-alone', 'widget/src/view.ts', "import { errors } from '@mevichat/protocol/errors.ts'\nerrors()\n"],
  ['dashboard-alone', 'dashboard/src/main.ts', "import { web } from '../../server/src/web.ts'\nweb()\n"],
  ['protocol-alone', 'protocol/src/errors.ts', "import { readFile } from 'node:fs'\nexport const errors = readFile\n"],
  ['sse-without-imports', 'protocol/src/sse.ts', "import { errors } from './errors.ts'\nexport const sse = errors\n"],
  ['no-test-code', 'server/src/chat/tested.ts', "import { lanes } from '../../testing/lanes.ts'\nlanes()\n"],
  ['no-development-package', 'server/src/chat/dev.ts', "import { vite } from 'vite'\nvite()\n"],
  ['resolvable', 'server/src/chat/lost.ts', "import { lost } from './nowhere.ts'\nlost()\n"],
]

const rest: [path: string, text: string][] = [
  ['server/src/keys/store.ts', 'export const store = () => {}\n'],
  ['server/src/platform/fail.ts', 'export const fail = () => {}\n'],
  ['server/src/bots/bots.ts', "import { store } from './a-store.ts'\nexport const bots = () => store\n"],
  ['server/src/bots/routes.ts', 'export const add = () => {}\n'],
  ['server/src/bots/jobs.ts', 'export const job = () => {}\n'],
  ['server/src/chat/chat.ts', "import { bots } from '../bots/bots.ts'\nexport const chat = () => bots\n"],
  ['server/src/web.ts', "import { add } from './bots/routes.ts'\nexport const web = () => add\n"],
  ['server/testing/lanes.ts', 'export const lanes = () => {}\n'],
  [
    'dashboard/src/look.tsx',
    "import { card } from './card.tsx'\nexport type Look = string\nexport const look = card('')\n",
  ],
  ['widget/src/panel.ts', "import { sse } from '@mevichat/protocol/sse.ts'\nexport const panel = () => sse\n"],
]

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mevichat-boundaries-'))
  for (const [path, text] of [...rest, ...breaches.map(([, path, text]) => [path, text] as const)]) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const path of [
    'package.json',
    'tsconfig.json',
    'protocol/package.json',
    'server/package.json',
    'widget/package.json',
  ])
    cpSync(path, join(folder, path))
  mkdirSync(join(folder, 'node_modules/@mevichat'), { recursive: true })
  for (const name of ['undici', 'vite']) symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
  symlinkSync(join(folder, 'protocol'), join(folder, 'node_modules/@mevichat/protocol'))
})

afterAll(() => rmSync(folder, { recursive: true }))

test('boundaries › each rule refuses its breach, and only breaches are refused', async () => {
  const { summary } = await cruiseAll(folder)
  const found = summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`)
  const missed = breaches.map(([rule, path]) => `${rule}: ${path}`).filter((breach) => !found.includes(breach))
  expect(missed).toEqual([])
  const inCycles = ['server/src/bots/bots.ts', 'dashboard/src/look.tsx']
  const innocent = rest.map(([path]) => path).filter((path) => !inCycles.includes(path))
  expect(summary.violations.filter(({ from }) => innocent.includes(from))).toEqual([])
})

test('boundaries › the faults are said with the reason', async () => {
  expect(await boundaryFaults(folder)).toContain('server/src/chat/deep.ts → server/src/bots/a-store.ts')
})
