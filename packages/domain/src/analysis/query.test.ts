/** What a query of a criterion may be. */
import { describe, expect, it } from 'vitest'

import { expressionOf, queryFaults, queryForm } from './query.ts'

describe('a query', () => {
  it.each([
    'errors_total',
    'shop:errors_total{flag="search"}',
    '{__name__="errors_total", code=~"5..|\\"{}"}',
    "errors_total{path='/{id}'}",
    ' errors_total { arm!="outside" } ',
  ])('%s is a selector', (query) => {
    expect(queryForm(query)).toBe('selector')
  })

  it.each([
    'rate(errors_total[5m])',
    'a + b',
    'errors_total[1m]',
    'errors_total{flag="x"} or b',
    'a{b="c"',
    '',
  ])('%s is neither a selector nor an expression with a window', (query) => {
    expect(queryForm(query)).toBeUndefined()
  })

  it('gets the length of the window wherever it names it', () => {
    const query = 'sum by (arm) (increase(a[$window])) or increase(b[$window])'
    expect(queryForm(query)).toBe('expression')
    expect(expressionOf(query, 500)).toBe('sum by (arm) (increase(a[500ms])) or increase(b[500ms])')
  })

  it('has one side beside the whole, of the same form', () => {
    const source = { kind: 'prometheus', connection: 'main', total: 'a' } as const
    expect(queryFaults({ ...source, bad: 'b' })).toEqual([])
    expect(queryFaults({ ...source, good: 'b{le="0.5"}' })).toEqual([])
    expect(queryFaults(source)).toHaveLength(1)
    expect(queryFaults({ ...source, good: 'b', bad: 'c' })).toHaveLength(1)
    expect(queryFaults({ ...source, bad: 'increase(b[$window])' })).toHaveLength(1)
    expect(queryFaults({ ...source, bad: 'b + c' })).toHaveLength(1)
  })
})
