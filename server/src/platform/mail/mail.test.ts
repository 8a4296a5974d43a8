import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Lane, lanes, type TestDatabase } from '../../../testing/database.ts'
import { type SmtpSink, startSmtp } from '../../../testing/smtp.ts'
import { startJobs } from '../jobs/jobs.ts'
import { silentLog } from '../log.ts'
import { deliverMail, forgetOldMail, listOutbox, mailDelivery, sendMail } from './mail.ts'

const from = { name: 'Mevichat', address: 'chat@example.com' }
const mail = {
  to: 'ada@example.com',
  subject: 'Hello\r\nBcc: eve@example.com',
  text: 'A <b>link</b>: https://example.com/a',
}

describe.each(lanes)('mail on $name', (lane: Lane) => {
  let database: TestDatabase
  let smtp: SmtpSink
  beforeAll(async () => {
    database = await lane.open()
    smtp = await startSmtp()
  })
  afterAll(async () => {
    await smtp[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })
  const ports = (url: string | null) => ({ ...database, log: silentLog, smtp: url === null ? null : { url, from } })

  it('stays in the outbox without SMTP, for a day', async () => {
    await sendMail(ports(null), mail)
    const kept = await listOutbox(database)
    expect(kept.map(({ recipient, text }) => [recipient, text])).toEqual([[mail.to, mail.text]])
    await forgetOldMail(database)
    expect(await listOutbox(database)).toHaveLength(1)
    await database.pool.query("update outbox set created_at = created_at - interval '25 hours'")
    await forgetOldMail(database)
    expect(await listOutbox(database)).toEqual([])
  })

  it('is sent by a job, as plain text, to one address and with one line as its subject, and then forgotten', async () => {
    const sending = ports(smtp.url)
    await sendMail(sending, mail)
    await sendMail(sending, { ...mail, to: 'ada@example.com, eve@example.com' })
    await using _jobs = await startJobs(sending, { [deliverMail]: mailDelivery(sending) })
    await expect.poll(() => smtp.mails.length, { timeout: 20_000 }).toBeGreaterThan(0)
    await expect
      .poll(() => smtp.mails.find(({ to }) => to.includes('ada@example.com')), { timeout: 20_000 })
      .toBeDefined()
    const [sent] = smtp.mails.filter(({ to }) => to.includes('ada@example.com'))
    expect(sent?.to).toEqual(['ada@example.com'])
    expect(sent?.data).toContain('Subject: Hello Bcc: eve@example.com')
    expect(sent?.data).toMatch(/content-type: text\/plain/i)
    expect(sent?.data).toContain('From: Mevichat <chat@example.com>')
    expect(smtp.mails.flatMap(({ to }) => to)).not.toContain('eve@example.com')
    await expect
      .poll(async () => (await listOutbox(database)).filter(({ recipient }) => recipient === mail.to), {
        timeout: 20_000,
      })
      .toEqual([])
  })

  it('asking for it does not fail while the SMTP server is down, and the job does', async () => {
    const down = ports('smtp://127.0.0.1:9')
    await sendMail(down, mail)
    const kept = (await listOutbox(database)).find(({ recipient }) => recipient === mail.to)
    if (!kept) throw new Error('not kept')
    const delivery = mailDelivery(down)
    await expect(delivery.run({ id: kept.id }, new AbortController().signal)).rejects.toThrow()
    await mailDelivery(ports(smtp.url)).run({ id: kept.id }, new AbortController().signal)
    await delivery.giveUp({ id: kept.id })
    expect((await listOutbox(database)).some(({ id }) => id === kept.id)).toBe(false)
  })
})
