/** Judging what was seen at references, and reading CTRF reports. */
import { describe, expect, it } from 'vitest'

import { readCtrf } from './ctrf.ts'
import { accepted, changesBetween, sameThings, testFindings } from './judge.ts'
import type { Sighting } from './model.ts'

const at = new Date(0)
const found: Sighting = { place: 'reference', of: 'https://example.org/a', state: 'found', hash: 'aaaa', at }

describe('changes', () => {
  it('are another hash, or nothing where something was', () => {
    expect(changesBetween([found], [found])).toEqual([])
    expect(changesBetween([found], [{ ...found, hash: 'bbbb' }])).toEqual([
      'reference: https://example.org/a has changed, from aaaa to bbbb',
    ])
    expect(changesBetween([found], [{ ...found, state: 'absent' }])).toEqual([
      'reference: https://example.org/a is gone',
    ])
  })

  it('are not what cannot be looked at, before or now', () => {
    const unknown: Sighting = { ...found, state: 'unknown' }
    expect(changesBetween([found], [unknown])).toEqual([])
    expect(changesBetween([unknown], [found])).toEqual([])
    expect(accepted([unknown], [found])).toEqual([found])
    expect(accepted([found], [{ ...found, hash: 'bbbb' }])).toEqual([found])
  })

  it('do not depend on when and how fast it was looked', () => {
    expect(sameThings([found], [{ ...found, at: new Date(1), ms: 7 }])).toBe(true)
    expect(sameThings([found], [{ ...found, hash: 'bbbb' }])).toBe(false)
    expect(sameThings([found], [])).toBe(false)
  })
})

describe('test results', () => {
  it('name the first tests that failed', () => {
    const tests = { format: 'ctrf', total: 3, passed: 1, failed: 2, skipped: 0, failing: ['pays'] } as const
    expect(testFindings(tests)).toEqual(['2 of 3 tests failed (pays, …)'])
  })
})

describe('a CTRF report', () => {
  const report = (statuses: readonly string[], summary: object) => ({
    results: {
      tool: { name: 'vitest' },
      summary,
      tests: statuses.map((status) => ({ name: `t-${status}`, status })),
    },
  })

  it('is counted from its tests; what is no pass and no skip has failed', () => {
    const tests = ['passed', 'failed', 'skipped', 'pending', 'other']
    expect(readCtrf(report(tests, { tests: 5, passed: 1, failed: 1 }))).toEqual({
      format: 'ctrf',
      total: 5,
      passed: 1,
      failed: 2,
      skipped: 2,
      failing: ['t-failed', 't-other'],
    })
  })

  it('is not read where its summary says something else than its tests', () => {
    expect(readCtrf(report(['passed', 'failed'], { tests: 2, passed: 2, failed: 0 }))).toEqual({
      unreadable: 'its summary says passed 2, its tests say 1',
    })
  })

  it.each([null, 3, 'x', [], {}, { results: {} }, { results: { tests: [], summary: 3 } }])(
    'is not %j',
    (value) => {
      expect(readCtrf(value)).toHaveProperty('unreadable')
    },
  )
})
