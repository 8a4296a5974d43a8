import { expect, test } from 'vitest'
import type { ModelMessage } from '../platform/models/models.ts'
import { withContext } from './follow-up.ts'

const history: ModelMessage[] = [
  { role: 'user', content: 'What does a ticket for the museum cost?' },
  { role: 'assistant', content: 'Twelve euros.' },
]

test.each([
  'and for students?',
  'What about children?',
  'How long is it valid?',
  'Can I give them back?',
  'students?',
  'Und für Kinder?',
  '那学生呢？',
])('withContext › "%s" comes after what it follows', (question) => {
  expect(withContext(question, history)).toBe(`What does a ticket for the museum cost?\n${question}`)
})

test.each([
  'What are your opening hours on Sundays?',
  'Is there a car park near the entrance?',
  'Does this site keep cookies on my computer?',
  'Wie lange hat das Museum am Sonntag geöffnet?',
  '博物馆星期天几点开门和关门？',
])('withContext › "%s" stands by itself', (question) => {
  expect(withContext(question, history)).toBeNull()
})

test('withContext › follow-ups in a row lead back to the question they began with', () => {
  const longer: ModelMessage[] = [
    { role: 'user', content: 'Where is the nearest library in town?' },
    { role: 'assistant', content: 'On the square.' },
    ...history,
    { role: 'user', content: 'and for students?' },
    { role: 'assistant', content: 'Six euros.' },
  ]
  expect(withContext('and for teachers?', longer)).toBe(
    'What does a ticket for the museum cost?\nand for students?\nand for teachers?',
  )
})

test('withContext › nothing to follow, nothing added', () => {
  expect(withContext('and for students?', [])).toBeNull()
})
