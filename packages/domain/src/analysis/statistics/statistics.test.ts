import { describe, expect, it } from 'vitest'

import { absoluteHarmIncrements, safeLogE } from './absolute.ts'
import {
  boundAboveRatio,
  boundBelowCeiling,
  boundBelowRatio,
  oneSidedHalfWidth,
  pairOf,
  proves,
} from './block.ts'
import { addMoments, dispersionOf, foldHistory, NO_HISTORY, NO_MOMENTS } from './dispersion.ts'
import { HARM_GRID, harmIncrements, RELATIVE_SAFE_GRID, relativeSafeIncrements } from './harm.ts'
import { logAdd, logMeanExp } from './log-sum.ts'
import { relativeDifference, sampleOfRatio } from './means.ts'
import { evidencePerEvent, requestsToProve, windowsToSee } from './power.ts'
import { foldMixture, mixtureLogE, NOTHING_SEEN } from './restart.ts'
import { logBayesFactor, sequentialP } from './sample-ratio.ts'

const window = (nT: number, xT: number, nC: number, xC: number) => ({
  exposed: { n: nT, x: xT },
  control: { n: nC, x: xC },
})

describe('sums of logarithms', () => {
  it('do not overflow where the numbers would', () => {
    expect(logAdd(1000, 1000)).toBeCloseTo(1000 + Math.LN2, 9)
    expect(logMeanExp([-2000, -2000])).toBeCloseTo(-2000, 9)
  })

  it('take minus infinity as nothing', () => {
    expect(logAdd(-Infinity, -Infinity)).toBe(-Infinity)
    expect(logAdd(-Infinity, 3)).toBe(3)
    expect(logMeanExp([-Infinity, 0])).toBeCloseTo(-Math.LN2, 12)
  })
})

describe('F1, harm', () => {
  it('looks only for ratios above the tolerated one', () => {
    expect(harmIncrements(window(100, 5, 900, 9), 1.1, 1)).toHaveLength(HARM_GRID.length)
    expect(harmIncrements(window(100, 5, 900, 9), 2, 1)).toHaveLength(4)
  })

  it('learns nothing from a window in which an arm is empty, or nothing failed', () => {
    for (const silent of [window(0, 0, 900, 9), window(100, 100, 0, 0), window(100, 0, 900, 0)]) {
      expect(harmIncrements(silent, 1.1, 1).every((each) => each === 0)).toBe(true)
    }
  })

  it('is divided by the dispersion', () => {
    const once = harmIncrements(window(100, 5, 900, 9), 1.1, 1)
    harmIncrements(window(100, 5, 900, 9), 1.1, 4).forEach((each, g) =>
      expect(each).toBeCloseTo((once[g] ?? 0) / 4, 12),
    )
  })

  it('sees an outage in its first window', () => {
    const mixture = foldMixture(NOTHING_SEEN, harmIncrements(window(100, 100, 900, 9), 1.1, 1))
    expect(mixtureLogE(mixture)).toBeCloseTo(180.68780462738266, 9)
  })
})

describe('F1r, the mixture over starts', () => {
  it('stays at an E of 1 while no bad event is seen, within rounding', () => {
    let mixture = NOTHING_SEEN
    for (let k = 0; k < 5000; k++)
      mixture = foldMixture(mixture, harmIncrements(window(10, 0, 90, 0), 1.1, 1))
    expect(Math.abs(mixtureLogE(mixture))).toBeLessThan(1e-9)
  })

  it('finds a late regression that F1 alone would still be paying for', () => {
    let mixture = NOTHING_SEEN
    let plain = harmIncrements(window(600, 6, 5400, 54), 1.1, 1).map(() => 0)
    for (let k = 0; k < 1440; k++) {
      const increments = harmIncrements(window(600, 6, 5400, 54), 1.1, 1)
      mixture = foldMixture(mixture, increments)
      plain = plain.map((each, g) => each + (increments[g] ?? 0))
    }
    for (let k = 0; k < 20; k++) {
      const increments = harmIncrements(window(600, 18, 5400, 54), 1.1, 1)
      mixture = foldMixture(mixture, increments)
      plain = plain.map((each, g) => each + (increments[g] ?? 0))
    }
    expect(mixtureLogE(mixture)).toBeGreaterThan(Math.log(1000))
    expect(logMeanExp(plain)).toBeLessThan(Math.log(1000))
  })

  it('keeps its state finite and as long as the grid', () => {
    let mixture = NOTHING_SEEN
    for (let k = 0; k < 100; k++) mixture = foldMixture(mixture, harmIncrements(window(1, 0, 9, 1), 1.1, 1))
    expect(mixture.s).toHaveLength(HARM_GRID.length)
    expect(mixture.s.every(Number.isFinite)).toBe(true)
    expect(JSON.parse(JSON.stringify(mixture))).toEqual(mixture)
  })
})

describe('F2b, the ceiling', () => {
  it('needs 558 clean requests to show a rate below 1 %', () => {
    const threshold = Math.log(100)
    expect(safeLogE({ n: 557, x: 0 }, 0.01, 1)).toBeLessThan(threshold)
    expect(safeLogE({ n: 558, x: 0 }, 0.01, 1)).toBeGreaterThan(threshold)
    expect(safeLogE({ n: 600, x: 0 }, 0.01, 1)).toBeCloseTo(4.996427597054732, 9)
  })

  it('never gives the share of a dead alternative to the others', () => {
    expect(safeLogE({ n: 600, x: 1 }, 0.01, 1)).toBeLessThan(safeLogE({ n: 600, x: 0 }, 0.01, 1))
    expect(Number.isFinite(safeLogE({ n: 0, x: 0 }, 0.01, 1))).toBe(true)
  })

  it('does not take bursts for harm as quickly as independent events', () => {
    const logE = (phi: number) => logMeanExp(absoluteHarmIncrements({ n: 600, x: 18 }, 0.01, phi))
    expect(logE(1)).toBeGreaterThan(logE(1.0001) - 1e-2)
    expect(logE(3)).toBeLessThan(logE(1))
  })
})

describe('F5, block-abs', () => {
  const clean = (windows: number, n: number) => {
    let moments = NO_MOMENTS
    for (let t = 0; t < windows; t++) moments = addMoments(moments, n, 0)
    return moments
  }

  it('is no instant Go where no bad event gives variance 0', () => {
    const bound = boundBelowCeiling(clean(30, 5), 0.01, 0.01)
    expect(bound.mean).toBeCloseTo(0.05, 12)
    expect(bound.halfWidth).toBeGreaterThan(bound.mean)
    expect(proves(bound)).toBe(false)
  })

  it('does not speak before 30 windows, however clear they are', () => {
    expect(proves(boundBelowCeiling(clean(29, 10_000), 0.01, 0.01))).toBe(false)
    expect(proves(boundBelowCeiling(clean(30, 10_000), 0.01, 0.01))).toBe(true)
  })

  it('has no bound below two windows', () => {
    expect(boundBelowCeiling(NO_MOMENTS, 0.01, 0.01).halfWidth).toBeUndefined()
    expect(boundBelowCeiling(clean(1, 100), 0.01, 0.01).halfWidth).toBeUndefined()
  })

  it('uses the one-sided half-width of F4', () => {
    expect(oneSidedHalfWidth(1, 100, 0.05, 1000)).toBeCloseTo(0.3679070009786113, 12)
  })
})

describe('F2, safety', () => {
  it('looks only for ratios below the one that it excludes', () => {
    expect(relativeSafeIncrements(window(100, 1, 900, 9), 2, 1)).toHaveLength(RELATIVE_SAFE_GRID.length)
    expect(relativeSafeIncrements(window(100, 1, 900, 9), 1.1, 1)).toHaveLength(4)
  })

  it('grows where the arms are alike, and falls at the regression that it excludes', () => {
    const logE = (bad: number) => logMeanExp(relativeSafeIncrements(window(1000, bad, 9000, 90), 2, 1))
    expect(logE(10)).toBeGreaterThan(1)
    expect(logE(20)).toBeLessThan(0)
  })
})

describe('F5, against the control', () => {
  const pairs = (windows: number, bad: (k: number) => number) => {
    let moments = NO_MOMENTS
    for (let k = 0; k < windows; k++) {
      const pair = pairOf(window(600, bad(k), 5400, 54 + (k % 3)))
      if (pair !== undefined) moments = addMoments(moments, pair.expected, pair.counted)
    }
    return moments
  }

  it('compares what was counted with what the control leads to expect', () => {
    expect(pairOf(window(100, 7, 900, 18))).toEqual({ expected: 2, counted: 7 })
    expect(pairOf(window(100, 7, 0, 0))).toBeUndefined()
    expect(pairOf(window(0, 0, 900, 18))).toBeUndefined()
  })

  it('shows harm only above the tolerated ratio, and safety only below the excluded one', () => {
    const same = pairs(60, (k) => 5 + (k % 4))
    const worse = pairs(60, (k) => 17 + (k % 4))
    expect(proves(boundAboveRatio(same, 1.1, 0.01))).toBe(false)
    expect(proves(boundAboveRatio(worse, 1.1, 0.01))).toBe(true)
    expect(proves(boundBelowRatio(same, 2, 0.01))).toBe(true)
    expect(proves(boundBelowRatio(worse, 2, 0.01))).toBe(false)
  })

  it('does not speak before 30 windows', () => {
    expect(
      proves(
        boundAboveRatio(
          pairs(29, (k) => 50 + k),
          1.1,
          0.01,
        ),
      ),
    ).toBe(false)
  })
})

describe('F3, the sample ratio', () => {
  it('learns nothing from a single key', () => {
    expect(logBayesFactor([1, 0], [0.1, 0.9])).toBeCloseTo(0, 9)
    expect(logBayesFactor([0, 1], [0.1, 0.9])).toBeCloseTo(0, 9)
  })

  it('is 1 in the mean over what a correct split can give', () => {
    const share = 0.3
    const mean =
      share ** 2 * Math.exp(logBayesFactor([2, 0], [share, 1 - share])) +
      2 * share * (1 - share) * Math.exp(logBayesFactor([1, 1], [share, 1 - share])) +
      (1 - share) ** 2 * Math.exp(logBayesFactor([0, 2], [share, 1 - share]))
    expect(mean).toBeCloseTo(1, 9)
  })

  it('finds 4,500 to 5,500 impossible, and its p value is at most 1', () => {
    expect(sequentialP(logBayesFactor([4500, 5500], [0.5, 0.5]))).toBeLessThan(1e-6)
    expect(sequentialP(-5)).toBe(1)
  })
})

describe('F4, means', () => {
  it('takes a ratio of sums for a sample of windows', () => {
    let moments = NO_MOMENTS
    for (let k = 0; k < 100; k++) moments = addMoments(moments, 10, 30 + (k % 2 === 0 ? 1 : -1))
    const sample = sampleOfRatio(moments)
    expect(sample).toMatchObject({ n: 100, mean: 3 })
    expect(sample?.variance).toBeCloseTo(0.01 * (100 / 99), 9)
    expect(sample && relativeDifference(sample, sample)?.value).toBe(0)
  })
})

describe('F6, dispersion', () => {
  it('is at least 2 where fewer than 50 bad events were seen', () => {
    expect(dispersionOf(NO_HISTORY)).toEqual({ relative: 2, absolute: 2 })
    let history = NO_HISTORY
    for (let k = 0; k < 49; k++) history = foldHistory(history, window(50, k % 2, 50, (k + 1) % 2))
    expect(history.x).toBe(49)
    expect(dispersionOf(history).relative).toBe(2)
  })

  it('is a ratio of sums over blocks of one and of ten windows', () => {
    let history = NO_HISTORY
    // Ten windows all bad in one arm, then ten in the other: the long blocks show it, and the short ones.
    for (let k = 0; k < 40; k++) {
      const first = Math.floor(k / 10) % 2 === 0
      history = foldHistory(history, first ? window(100, 4, 100, 0) : window(100, 0, 100, 4))
    }
    // short: (4 - 2)² / (4 · ¼) = 4; long: (40 - 20)² / (40 · ¼) = 40.
    expect(dispersionOf(history).relative).toBeCloseTo(40, 9)
  })

  it('of the exposed arm alone is never below that of the comparison', () => {
    let history = NO_HISTORY
    for (let k = 0; k < 100; k++)
      history = foldHistory(history, window(100, k % 2 === 0 ? 4 : 0, 100, k % 2 === 0 ? 4 : 0))
    const { relative, absolute } = dispersionOf(history)
    expect(relative).toBe(1)
    expect(absolute).toBeCloseTo(2, 9)
  })
})

describe('F10, power', () => {
  it('knows the evidence in one event at a share of 10 %, 3x against 1.1', () => {
    expect(evidencePerEvent(3, { share: 0.1, tolerated: 1.1 })).toBeCloseTo(0.078, 3)
  })

  it('says never where the regression is tolerated or nothing fails', () => {
    const traffic = { tolerated: 1.1, share: 0.1, rate: 0.01, requestsPerWindow: 300, phi: 1, alpha: 0.001 }
    expect(windowsToSee(1.1, traffic)).toBe(Infinity)
    expect(windowsToSee(3, { ...traffic, rate: 0 })).toBe(Infinity)
    expect(windowsToSee(3, traffic)).toBeGreaterThan(20)
    expect(windowsToSee(3, traffic)).toBeLessThan(90)
  })

  it('says how many requests a ceiling needs', () => {
    expect(requestsToProve(0.01, 0, 1, 0.01)).toBeCloseTo((Math.log(100) + Math.log(5)) / 0.01, 6)
    expect(requestsToProve(0.01, 0.01, 1, 0.01)).toBe(Infinity)
  })
})
