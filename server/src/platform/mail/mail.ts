/** Mail that leaves: over SMTP by a job, or, on an instance without SMTP, into the log and the outbox. */
import { eq, lt, sql } from 'drizzle-orm'
import type { Db } from '../db/db.ts'
import { enqueue, type JobHandler } from '../jobs/jobs.ts'
import type { Log } from '../log.ts'
import type { Mail, Smtp } from './smtp.ts'
import { outbox } from './tables.ts'

export type { Mail, Smtp }

export interface MailPorts {
  db: Db
  log: Log
  /** Null on an instance without SMTP. */
  smtp: Smtp | null
}

/** The kind of the job that sends a mail over SMTP. */
export const deliverMail = 'send-mail'

/**
 * `await sendMail(ports, { to, subject, text })` returns once the mail is kept, so an SMTP server that is down is nobody's
 * trouble but the job's, which tries for some ten minutes. With a transaction as `db` the mail leaves if that commits.
 * Without SMTP it goes to the log and to `/dev/outbox/`. Whether it arrived is never known: throws only what the database does.
 */
export async function sendMail({ db, log, smtp }: MailPorts, mail: Mail): Promise<void> {
  const id = crypto.randomUUID()
  const { to: recipient, subject, text, workspaceId } = mail
  await db.insert(outbox).values({ id, recipient, subject: oneLine(subject), text, workspaceId })
  if (smtp) await enqueue(db, deliverMail, { id }, { group: deliverMail })
  else log.info({ to: mail.to, subject: mail.subject }, `There is no SMTP_URL, so this mail stays here:\n${mail.text}`)
}

/** What a job sends is forgotten once it is sent or given up: a link in it is not kept longer than it must be. */
export function mailDelivery({ db, log, smtp }: MailPorts): JobHandler<{ id: string }> {
  return {
    async run({ id }) {
      const [mail] = await db.select().from(outbox).where(eq(outbox.id, id))
      if (!mail || !smtp) return
      const { deliver } = await import('./smtp.ts')
      await deliver(smtp, { to: mail.recipient, subject: mail.subject, text: mail.text })
      await db.delete(outbox).where(eq(outbox.id, id))
    },
    async giveUp({ id }) {
      log.error({ mail: id }, 'a mail could not be sent: check SMTP_URL')
      await db.delete(outbox).where(eq(outbox.id, id))
    },
  }
}

export type KeptMail = typeof outbox.$inferSelect

/** The latest hundred, newest first. */
export function listOutbox({ db }: { db: Db }): Promise<KeptMail[]> {
  return db.select().from(outbox).orderBy(sql`${outbox.createdAt} desc`).limit(100)
}

/** Mail older than a day goes. */
export async function forgetOldMail({ db }: { db: Db }): Promise<void> {
  await db.delete(outbox).where(lt(outbox.createdAt, sql`now() - interval '1 day'`))
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
