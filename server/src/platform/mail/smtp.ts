/** One mail over SMTP. In a file of its own, so that only a process that sends mail loads the client. */
import { createTransport } from 'nodemailer'
import type { WorkspaceId } from '../id.ts'

export interface Smtp {
  /** `smtp://user:password@host:port`, or `smtps://…`. */
  url: string
  from: { name: string; address: string }
}

export interface Mail {
  /** One address. */
  to: string
  subject: string
  /** Plain text, so that nothing a user has named can be HTML. */
  text: string
  /** The one that it speaks of: when that is deleted, the mail is too. */
  workspaceId?: WorkspaceId
}

/** An SMTP server that is silent must not hold a job's place for long. */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 }

/** Throws when the server is not reached or does not take the mail. */
export async function deliver({ url, from }: Smtp, { to, subject, text }: Mail): Promise<void> {
  // Nothing in a mail may name a file or an address to be read in.
  const transport = createTransport({ ...timeouts, url, disableFileAccess: true, disableUrlAccess: true })
  try {
    // As an object an address is one address, whatever is in it.
    await transport.sendMail({ from, to: { name: '', address: to }, subject, text })
  } finally {
    transport.close()
  }
}
