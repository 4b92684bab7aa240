import { describe, expect, it } from 'vitest'

import { foldSplit, isMismatch, NO_SPLIT, splitP, type NewKeys, type Split } from './split.ts'

const at = (share: number) => new Map([['everybody', share]])
const keys = (exposed: number, control: number): NewKeys[] => [{ audience: 'everybody', exposed, control }]

function fold(windows: readonly (readonly [number, number, number])[]): Split {
  return windows.reduce(
    (split, [exposed, control, share]) => foldSplit(split, keys(exposed, control), at(share)),
    NO_SPLIT,
  )
}

describe('the sample ratio', () => {
  it('is fine while the arms hold what the share says', () => {
    const split = fold(Array.from({ length: 200 }, () => [10, 90, 0.1] as const))
    expect(splitP(split)).toBe(1)
    expect(isMismatch(split)).toBe(false)
    expect(isMismatch(undefined)).toBe(false)
  })

  it('is a mismatch when a fifth of the exposed never arrives', () => {
    const split = fold(Array.from({ length: 200 }, () => [40, 50, 0.5] as const))
    expect(isMismatch(split)).toBe(true)
  })

  it('never forgets a mismatch: its p value does not rise', () => {
    const wrong = fold(Array.from({ length: 200 }, () => [40, 50, 0.5] as const))
    const later = foldSplit(wrong, keys(10_000, 10_000), at(0.5))
    expect(splitP(later)).toBeLessThanOrEqual(splitP(wrong))
  })

  it('counts each share by itself, so that a ramp is no mismatch', () => {
    const ramp = [0.01, 0.1, 0.5].flatMap((share) =>
      Array.from({ length: 100 }, () => [100 * share, 100 * (1 - share), share] as const),
    )
    expect(isMismatch(fold(ramp))).toBe(false)
    const pooled = fold(ramp.map(([exposed, control]) => [exposed, control, 0.1] as const))
    expect(isMismatch(pooled)).toBe(true)
  })

  it('has nothing to compare where an audience is wholly exposed, or not at all', () => {
    expect(fold([[100, 0, 1]])).toEqual(NO_SPLIT)
    expect(foldSplit(NO_SPLIT, keys(0, 100), new Map())).toEqual(NO_SPLIT)
  })

  it('stays of constant size and survives a round trip through JSON', () => {
    const split = fold(Array.from({ length: 1000 }, () => [1, 9, 0.1] as const))
    expect(JSON.stringify(split).length).toBeLessThan(200)
    expect(JSON.parse(JSON.stringify(split))).toEqual(split)
  })
})
