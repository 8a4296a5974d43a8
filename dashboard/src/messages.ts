/** What a refusal means to the person who reads it. */
import { errors } from '@mevichat/protocol/errors.ts'
import { ApiError } from './api.ts'

export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong in this page. Reload it and try again.'
  if (error.code === 'unreachable') return 'The server cannot be reached. Check your connection, then try again.'
  if (error.code === 'changed_meanwhile') {
    return 'Somebody else has changed this in the meantime. What you see now is the newest; your change was not saved.'
  }
  return error.message === error.code ? (errors[error.code]?.[1] ?? 'Something went wrong.') : sentence(error.message)
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
}
