import { describe, expect, it } from 'vitest'
import { isFiltered, queryOf, readFilter } from './filter.ts'

describe('the filter of conversations', () => {
  it('takes what it knows from the address, and nothing else', () => {
    const search = { q: 'refund', which: 'unanswered', from: '2026-01-31', to: 'yesterday', page: 2 }
    expect(readFilter(search)).toEqual({ q: 'refund', which: 'unanswered', from: '2026-01-31' })
    expect(isFiltered(readFilter({ which: 'constructor', q: '' }))).toBe(false)
  })

  it('asks for whole days of the viewer, the last one included', () => {
    const { from, to } = queryOf({ from: '2026-01-31', to: '2026-01-31' })
    expect(Date.parse(to ?? '') - Date.parse(from ?? '')).toBe(86_400_000)
    expect(new Date(from ?? '').getHours()).toBe(0)
  })
})
