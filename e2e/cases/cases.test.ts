import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Case } from './expand.ts'
import { openStage, type Stage } from './stage.ts'

const cases: Case[] = JSON.parse(readFileSync(new URL('./bad-inputs.json', import.meta.url), 'utf8'))

describe('bad inputs', { timeout: 180_000 }, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it.each(cases)('$id: $why', async (one) => expect(await stage.run(one)).toEqual([]))

  it('says so when a case uses a name that nobody knows', async () => {
    const request = { method: 'GET', path: '/{{NOBODY_KNOWS_ME}}', headers: {} }
    expect(await stage.run({ id: 'x', endpoint: 'chat', request, expect: { status: 404 }, why: 'x' })).toEqual([
      '{{NOBODY_KNOWS_ME}} is not a name that is known here',
    ])
  })

  it('fails a case that is answered otherwise than it says', async () => {
    const request = { method: 'GET', path: '/api/chat/', headers: {} }
    const wrong = { id: 'x', endpoint: 'chat', request, expect: { status: 200, errorCode: 'x' }, why: 'x' }
    expect(await stage.run(wrong)).toEqual(['status 405 instead of 200', 'code method_not_allowed instead of x'])
  })
})
