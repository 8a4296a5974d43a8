import { describe, expect, test } from 'vitest'
import { globOf } from './glob.ts'

describe('globOf', () => {
  test.each([
    ['/docs/*', '/docs/', true],
    ['/docs/*', '/docs/a/b', true],
    ['/docs/*', '/blog/docs/', false],
    ['/docs', '/docs/', false],
    ['*/print', '/a/print', true],
    ['*/print', '/a/print/b', false],
    ['/*/a*b/*', '/x/a--b/y', true],
    ['/a*a', '/a', false],
    ['*', '', true],
    ['/a*b*b', '/abb', true],
    ['/a*b*b', '/ab', false],
  ])('%s on %s › %s', (pattern, text, matches) => {
    expect(globOf(pattern)(text)).toBe(matches)
  })

  test.each([
    ['/fish', '/fish.html', true],
    ['/fish*', '/fishheads', true],
    ['/*.php', '/folder/any.php?x=1', true],
    ['/*.php', '/folder/', false],
    ['', '/anything', true],
  ])('%s at the beginning of %s › %s', (pattern, text, matches) => {
    expect(globOf(pattern, { isPrefix: true })(text)).toBe(matches)
  })

  test('a pattern of 100,000 stars costs no more than its length', () => {
    expect(globOf(`${'*a'.repeat(100_000)}b`)('a'.repeat(2_000))).toBe(false)
  })
})
