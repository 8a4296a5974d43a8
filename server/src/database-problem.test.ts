import pg from 'pg'
import { expect, it } from 'vitest'
import { databaseProblem } from './database-problem.ts'

function refusal(code: string, message: string): Error {
  const error = Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code, severity: 'FATAL' })
  return new Error('Failed query: select 1', { cause: error })
}

it.each([
  ['3D000', 'database "bots" does not exist', 'is not there: database "bots" does not exist. Make it, '],
  ['28P01', 'password authentication failed for user "ada"', 'refuses the user: password authentication failed'],
  ['28000', 'role "ada" does not exist', 'refuses the user: role "ada" does not exist. Check the user'],
  ['42501', 'permission denied for schema public', 'refuses: permission denied for schema public. Let the user'],
  ['0A000', 'extension "vector" is not available', 'lacks pgvector, which is not installed on the database server.'],
  ['57P03', 'the database system is starting up', 'cannot be reached: the database system is starting up. Check'],
])('databaseProblem › %s %s: what to do', (code, message, sentence) => {
  expect(databaseProblem(refusal(code, message))?.slice(0, sentence.length)).toBe(sentence)
})

it('databaseProblem › a password that is missing is one of the user', () => {
  const error = new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')
  expect(databaseProblem(error)).toMatch(/^refuses the user: .*Check the user and the password in DATABASE_URL\.$/)
})

it('databaseProblem › null for a fault of ours', () => {
  expect(databaseProblem(refusal('42703', 'column "a" does not exist'))).toBe(null)
  expect(databaseProblem(new TypeError('x is not a function'))).toBe(null)
})
