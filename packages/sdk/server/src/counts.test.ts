import { exposureHash } from '@flagmarshal/evaluation'
import { describe, expect, it } from 'vitest'

import { createCounts } from './counts.ts'
import type { FirstEvaluation } from './counts.ts'
import { createKeySample } from './key-sample.ts'

const rollout = { id: 'r', attempt: 1 }
const exposed = (key: string): FirstEvaluation => ({
  flag: 'f',
  variant: 'on',
  arm: 'exposed',
  audience: 'everybody',
  rollout,
  sampled: { key, rate: 1 },
})

describe('counts', () => {
  it('adds requests with the same outcome of the evaluation into one row, and starts anew when taken', () => {
    const counts = createCounts(createKeySample())
    counts.request([exposed('a')], { bad: true, slow: false })
    counts.request([exposed('a')], { bad: false, slow: true })
    counts.request([exposed('b')], { bad: false, slow: false })
    const [row, ...others] = counts.take().counts
    expect(others).toEqual([])
    expect(row).toMatchObject({
      flag: 'f',
      arm: 'exposed',
      audience: 'everybody',
      rollout,
      n: 3,
      bad: 1,
      slow: 1,
    })
    expect(row?.keys).toHaveLength(2)
    expect(counts.take()).toEqual({ counts: [], errors: [], codeDefaults: [] })
  })

  it('counts unexposed requests by slices of the users too', () => {
    const counts = createCounts(createKeySample())
    const unexposed = { flag: 'f', variant: 'off', arm: 'outside' as const }
    counts.request([{ ...unexposed, slice: 3 }], { bad: true, slow: false })
    counts.request([{ ...unexposed, slice: 3 }], { bad: false, slow: true })
    counts.request([{ ...unexposed, slice: 19 }], { bad: false, slow: false })
    counts.request([unexposed], { bad: false, slow: false })
    const [row] = counts.take().counts
    expect(row).toMatchObject({ n: 4, bad: 1, slow: 1 })
    expect(row?.slices).toEqual([
      { slice: 3, n: 2, bad: 1, slow: 1 },
      { slice: 19, n: 1, bad: 0, slow: 0 },
    ])
  })

  it('keeps variants, arms, audiences and attempts apart', () => {
    const counts = createCounts(createKeySample())
    const outcome = { bad: false, slow: false }
    const first = exposed('a')
    counts.request([first], outcome)
    counts.request([{ ...first, variant: 'off', arm: 'control' }], outcome)
    counts.request([{ ...first, audience: 'beta' }], outcome)
    counts.request([{ ...first, rollout: { id: 'r', attempt: 2 } }], outcome)
    counts.request([{ flag: 'f', variant: 'on', arm: 'outside' }], outcome)
    const rows = counts.take().counts
    expect(rows.map((row) => row.n)).toEqual([1, 1, 1, 1, 1])
    expect(rows.at(-1)).toEqual({ flag: 'f', variant: 'on', arm: 'outside', n: 1, bad: 0, slow: 0, keys: [] })
  })

  it('counts evaluations that served the default by flag and by code', () => {
    const counts = createCounts(createKeySample())
    counts.codeDefault('f', 'FLAG_NOT_FOUND')
    counts.codeDefault('f', 'TYPE_MISMATCH')
    counts.codeDefault('f', 'TYPE_MISMATCH')
    const { errors, codeDefaults } = counts.take()
    expect(errors).toEqual([
      { flag: 'f', code: 'FLAG_NOT_FOUND', n: 1 },
      { flag: 'f', code: 'TYPE_MISMATCH', n: 2 },
    ])
    expect(codeDefaults).toEqual([{ flag: 'f', n: 3 }])
  })

  it('stays bounded whatever flag keys an application asks for', () => {
    const counts = createCounts(createKeySample())
    for (let i = 0; i < 20_000; i++) counts.codeDefault(`flag-${i}`, 'FLAG_NOT_FOUND')
    expect(counts.take().errors).toHaveLength(2_000)
    counts.codeDefault('', 'FLAG_NOT_FOUND')
    counts.codeDefault('x'.repeat(1_000), 'FLAG_NOT_FOUND')
    expect(counts.take().codeDefaults).toEqual([{ flag: 'x'.repeat(128), n: 1 }])
  })
})

describe('keys in one report', () => {
  it('are no more than the server takes; the rest is reported when their owners come back', () => {
    const counts = createCounts(createKeySample())
    const visit = (): number => {
      for (let i = 0; i < 20_100; i++) counts.request([exposed(`k${i}`)], { bad: false, slow: false })
      return counts.take().counts[0]?.keys.length ?? 0
    }
    expect([visit(), visit(), visit()]).toEqual([20_000, 100, 0])
  })
})

describe('key sample', () => {
  it('takes a key once per attempt and arm, as the hash that every instance makes of it', () => {
    const sample = createKeySample()
    const key = { rollout, arm: 'exposed', key: 'a', rate: 1 } as const
    const first = sample.take(key)
    expect(first).toMatch(/^[0-9a-f]{16}$/)
    expect(first).not.toBe(exposureHash('', 'a'))
    expect(createKeySample().take(key)).toBe(first)
    expect(sample.take(key)).toBeUndefined()
    expect(sample.take({ ...key, arm: 'control' })).toBe(first)
    const next = sample.take({ ...key, rollout: { id: 'r', attempt: 2 } })
    expect(next).toBeDefined()
    expect(next).not.toBe(first)
  })

  it('takes about the share of keys that the rate names, and none at 0', () => {
    const sample = createKeySample()
    const taken = (rate: number): number =>
      Array.from({ length: 10_000 }, (_, i) =>
        sample.take({ rollout: { id: String(rate), attempt: 1 }, arm: 'control', key: `k${i}`, rate }),
      ).filter((hash) => hash !== undefined).length
    expect(taken(0)).toBe(0)
    // Five standard deviations of a binomial with n = 10,000 and p = 0.1 are 150.
    expect(Math.abs(taken(0.1) - 1_000)).toBeLessThan(150)
  })

  it('lets a forgotten key be reported again, and goes on when it has forgotten the oldest', () => {
    const sample = createKeySample()
    const take = (i: number) => sample.take({ rollout, arm: 'exposed', key: `k${i}`, rate: 1 })
    const first = take(0)
    sample.forget(rollout, 'exposed', [first ?? ''])
    expect(take(0)).toBe(first)
    for (let i = 1; i <= 40_000; i++) expect(take(i)).toBeDefined()
    expect(take(40_000)).toBeUndefined()
    expect(take(0)).toBe(first)
  })
})
