import { describe, expect, it } from 'vitest'
import { daysOf, rangeOf, readRange } from './range.ts'

describe('the time of the figures', () => {
  it('takes what it knows from the address, and nothing else', () => {
    expect(readRange({ days: 7, show: 'cost' })).toEqual({ days: '7', show: 'cost' })
    expect(readRange({ days: '30', show: 'constructor' })).toEqual({})
    expect(readRange({ days: '7', from: '2026-03-01', to: '2026-03-31' })).toEqual({
      from: '2026-03-01',
      to: '2026-03-31',
    })
    expect(readRange({ from: '2026-03-01', to: '2026-99-99' })).toEqual({})
  })

  it('is whole days of the viewer, the last one included, and says which they are', () => {
    const days = { from: '2026-03-01', to: '2026-03-31' }
    expect(daysOf(rangeOf(days))).toEqual(days)
    expect(daysOf(rangeOf({ days: '7' }, new Date(2026, 2, 8, 15)))).toEqual({ from: '2026-03-02', to: '2026-03-08' })
  })
})
