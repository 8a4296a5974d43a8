import { DrizzleQueryError } from 'drizzle-orm/errors'
import { expect, it } from 'vitest'
import { describeError } from './log.ts'

it('describeError › says what the database said, and nothing of what a visitor wrote', () => {
  const failed = new DrizzleQueryError('insert into turns values ($1)', ['my secret question'], new Error('it is full'))
  expect(describeError(failed)).toContain('it is full')
  expect(describeError(failed)).not.toContain('my secret question')
})

it('describeError › keeps the stack of our own errors, and takes what is none', () => {
  expect(describeError(new Error('broken'))).toMatch(/broken[\s\S]*at /)
  expect(describeError('odd')).toBe('odd')
})

it('describeError › reads what is no Error but says what went wrong', () => {
  expect(describeError({ message: 'the connection ended', queue: 'jobs' })).toBe('the connection ended')
  expect(describeError({ message: 'the connection ended', stack: 'Error: it ended\n    at x' })).toContain('it ended')
  expect(describeError('in words')).toBe('in words')
})
