import { expect, test } from 'vitest'
import { fileProblems } from './sources.ts'

const line = (...words: string[]) => words.join('')

test('fileProblems › code over 400 lines is too long, prose is not', () => {
  expect(fileProblems('a.ts', 'x\n'.repeat(400))).toEqual([])
  expect(fileProblems('a.ts', 'x\n'.repeat(401))).toEqual(['a.ts has 401 lines, more than 400'])
  expect(fileProblems('a.md', 'x\n'.repeat(401))).toEqual([])
})

test.each([
  line('see /wo', 'rk/main'),
  line('../sha', 'red/x'),
  line('.libr', 'ary'),
  line('https://registry.', 'npmjs.org'),
])('fileProblems › %s is not part of the project', (text) => {
  expect(fileProblems('a.md', `fine\n${text}\n`)).toEqual(['a.md:2 names what is not part of the project'])
})

test('fileProblems › words that look alike are fine', () => {
  expect(fileProblems('a.ts', 'a/workspaces/:id\nimport "../sharing.ts"\n/worker.ts\n')).toEqual([])
})
