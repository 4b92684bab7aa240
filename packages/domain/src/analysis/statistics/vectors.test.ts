/**
 * The published test vectors: every formula at the tolerance that its file gives, else 1e-9.
 *
 * They are read from the folder of conformance data and never copied; where it is absent each test
 * is listed as skipped by its name, and `statistics.test.ts` has values of our own.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { ArmsWindow } from '../model.ts'
import { absoluteHarmIncrements, safeLogE } from './absolute.ts'
import { mixtureRho, oneSidedHalfWidth, twoSidedHalfWidth } from './block.ts'
import { harmIncrements, relativeSafeIncrements } from './harm.ts'
import { logMeanExp } from './log-sum.ts'
import {
  absoluteDifference,
  relativeDifference,
  sampleOf,
  sampleOfShare,
  sequentialHalfWidth,
  type Sample,
} from './means.ts'
import { foldMixture, mixtureLogE, NOTHING_SEEN } from './restart.ts'
import { logBayesFactor, sequentialP } from './sample-ratio.ts'

const root = resolve(import.meta.dirname, '../../../../..')
const folder = join(resolve(root, process.env['FLAGMARSHAL_CONFORMANCE_DIR'] ?? '../shared'), 'vectors')

/** All files: 1e-9, or none given. */
const TOLERANCE = 1e-9

interface RatioCase {
  readonly name: string
  readonly 'windows[nT,xT,nC,xC]': readonly (readonly [number, number, number, number])[]
  readonly phi: number
  readonly harm: Process
  readonly safe: Process & { readonly d1: number }
  readonly harmRestart: Process
}

interface Process {
  readonly d0: number
  readonly logE: readonly number[]
}

interface SplitCase {
  readonly p0: readonly number[]
  readonly alpha: readonly number[]
  readonly data: readonly (readonly number[])[]
  readonly expected: readonly { readonly logBF: number; readonly p: number }[]
}

interface MeanCase {
  readonly test: string
  readonly tuning?: number
  readonly difference: 'relative' | 'absolute'
  readonly a: ArmSums
  readonly b: ArmSums
  readonly expected: {
    readonly error?: string
    readonly estimate?: number
    readonly se?: number
    readonly ci: readonly (number | 'inf' | '-inf')[]
  }
}

interface ArmSums {
  readonly n: number
  readonly sum?: number
  readonly sumsq?: number
  readonly successes?: number
}

interface AbsoluteCase {
  readonly name: string
  readonly 'windows[n,x]': readonly (readonly [number, number])[]
  readonly c: number
  readonly phi: number
  readonly safe: Process
  readonly harm: Process
  readonly harmNb: Process
}

interface HalfWidthCase {
  readonly fn: string
  readonly s2: number
  readonly n: number
  readonly tuning: number
  readonly alpha: number
  readonly rho: number
  readonly halfwidth: number
}

describe.skipIf(!existsSync(folder))('the test vectors', () => {
  it('eprocess-rate-ratio: F1 gives the log evidence of harm after each window', () => {
    for (const { phi, harm, ...rest } of casesOf<RatioCase>('eprocess-rate-ratio')) {
      let processes: number[] = []
      const logE = windowsOf(rest['windows[nT,xT,nC,xC]']).map((window) => {
        processes = harmIncrements(window, harm.d0, phi).map((each, g) => each + (processes[g] ?? 0))
        return logMeanExp(processes)
      })
      expect(difference(logE, harm.logE)).toBeLessThanOrEqual(TOLERANCE)
    }
  })

  it('eprocess-rate-ratio-restart: F1r mixes over starting times', () => {
    for (const { phi, harmRestart, ...rest } of casesOf<RatioCase>('eprocess-rate-ratio-restart')) {
      let mixture = NOTHING_SEEN
      const logE = windowsOf(rest['windows[nT,xT,nC,xC]']).map((window) => {
        mixture = foldMixture(mixture, harmIncrements(window, harmRestart.d0, phi))
        return mixtureLogE(mixture)
      })
      // A long case gives only its last windows.
      expect(difference(logE.slice(-harmRestart.logE.length), harmRestart.logE)).toBeLessThanOrEqual(
        TOLERANCE,
      )
    }
  })

  it('absolute-eprocess: F2b safe at every dispersion', () => {
    for (const each of casesOf<AbsoluteCase>('absolute-eprocess')) {
      expect(
        difference(
          runningSums(each).map((sums) => safeLogE(sums, each.c, each.phi)),
          each.safe.logE,
        ),
      ).toBeLessThanOrEqual(TOLERANCE)
    }
  })

  it('absolute-eprocess: F2b harm for Poisson counts', () => {
    for (const each of casesOf<AbsoluteCase>('absolute-eprocess').filter(({ phi }) => phi === 1)) {
      const logE = runningSums(each).map((sums) => logMeanExp(absoluteHarmIncrements(sums, each.c, 1)))
      expect(difference(logE, each.harm.logE)).toBeLessThanOrEqual(TOLERANCE)
    }
  })

  it('absolute-eprocess: F2b harm for bursts, by the negative binomial', () => {
    for (const each of casesOf<AbsoluteCase>('absolute-eprocess')) {
      const logE = runningSums(each).map((sums) => logMeanExp(absoluteHarmIncrements(sums, each.c, each.phi)))
      expect(difference(logE, each.harmNb.logE)).toBeLessThanOrEqual(TOLERANCE)
    }
  })

  it('eprocess-rate-ratio: F2 gives the log evidence of safety after each window', () => {
    for (const { phi, safe, ...rest } of casesOf<RatioCase>('eprocess-rate-ratio')) {
      let processes: number[] = []
      const logE = windowsOf(rest['windows[nT,xT,nC,xC]']).map((window) => {
        processes = relativeSafeIncrements(window, safe.d1, phi).map((each, g) => each + (processes[g] ?? 0))
        return logMeanExp(processes)
      })
      expect(difference(logE, safe.logE)).toBeLessThanOrEqual(TOLERANCE)
    }
  })

  it('asympcs-halfwidth: the tuning, the one-sided and the two-sided half-width', () => {
    const seen = new Set<string>()
    for (const { fn, s2, n, tuning, alpha, rho, halfwidth } of casesOf<HalfWidthCase>('asympcs-halfwidth')) {
      seen.add(fn)
      const one = fn === 'one_sided'
      expect(difference([mixtureRho(one ? 2 * alpha : alpha, tuning)], [rho])).toBeLessThanOrEqual(TOLERANCE)
      const width = one ? oneSidedHalfWidth(s2, n, alpha, tuning) : twoSidedHalfWidth(s2, n, alpha, tuning)
      expect(difference([width], [halfwidth])).toBeLessThanOrEqual(TOLERANCE)
    }
    expect([...seen].toSorted()).toEqual(['one_sided', 'two_sided'])
  })

  it('ssrm-sequential-multinomial: F3 gives the Bayes factor and the p value after each look', () => {
    for (const { p0, alpha, data, expected } of casesOf<SplitCase>('ssrm-sequential-multinomial')) {
      let counts = p0.map(() => 0)
      let highest = 0
      const logs = data.map((look) => {
        counts = counts.map((count, arm) => count + (look[arm] ?? 0))
        const log = logBayesFactor(counts, p0, alpha)
        highest = Math.max(highest, log)
        return { log, p: sequentialP(highest) }
      })
      const shown = logs.slice(-expected.length)
      expect(
        difference(
          shown.map(({ log }) => log),
          expected.map(({ logBF }) => logBF),
        ),
      ).toBeLessThanOrEqual(TOLERANCE)
      expect(
        difference(
          shown.map(({ p }) => p),
          expected.map(({ p }) => p),
        ),
      ).toBeLessThanOrEqual(TOLERANCE)
    }
  })

  it('gbstats-frequentist: F4 refuses a sample whose sums contradict each other', () => {
    const broken = meanCases().filter(({ expected }) => expected.error !== undefined)
    expect(broken.map(estimateOf)).toEqual([undefined])
  })

  it('gbstats-frequentist: F4 gives the difference and its standard error, to the five decimals of the source', () => {
    const cases = meanCases().filter(({ expected }) => expected.error === undefined)
    for (const each of cases) {
      const { estimate, se } = each.expected
      const found = estimateOf(each)
      expect(found?.value).toBeCloseTo(estimate ?? found?.value ?? 0, 5)
      expect(found?.se).toBeCloseTo(se ?? found?.se ?? 0, 5)
    }
    expect(cases).toHaveLength(11)
  })

  // The others look once, at a sample size known beforehand: such a test is not in use.
  it('gbstats-frequentist: F4 gives the interval of every sequential test', () => {
    const cases = meanCases().filter(({ test }) => test.startsWith('Sequential'))
    for (const each of cases) {
      const found = estimateOf(each)
      if (found === undefined) throw new Error(`${each.test}: no estimate`)
      const sides = each.test.includes('OneSided') ? 'one' : 'two'
      const half = sequentialHalfWidth(found, sides, 0.05, each.tuning ?? 5000)
      const [low, high] = each.expected.ci
      expect(found.value - half).toBeCloseTo(typeof low === 'number' ? low : found.value - half, 5)
      expect(found.value + half).toBeCloseTo(typeof high === 'number' ? high : found.value + half, 5)
    }
    expect(cases).toHaveLength(6)
  })
})

function meanCases(): readonly MeanCase[] {
  return casesOf<MeanCase>('gbstats-frequentist')
}

function estimateOf({ a, b, difference: kind }: MeanCase) {
  const [first, second] = [sampleOfArm(a), sampleOfArm(b)]
  if (first === undefined || second === undefined) return undefined
  return kind === 'relative' ? relativeDifference(first, second) : absoluteDifference(first, second)
}

function sampleOfArm({ n, sum = 0, sumsq = 0, successes }: ArmSums): Sample | undefined {
  return successes === undefined ? sampleOf(n, sum, sumsq) : sampleOfShare(n, successes)
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the shape of the file
function casesOf<Case>(name: string): readonly Case[] {
  const file: { readonly cases: readonly Case[] } = JSON.parse(
    readFileSync(join(folder, `${name}.json`), 'utf8'),
  )
  expect(file.cases.length).toBeGreaterThan(0)
  return file.cases
}

function windowsOf(rows: RatioCase['windows[nT,xT,nC,xC]']): ArmsWindow[] {
  return rows.map(([nT, xT, nC, xC]) => ({ exposed: { n: nT, x: xT }, control: { n: nC, x: xC } }))
}

function runningSums(each: AbsoluteCase): { n: number; x: number }[] {
  let n = 0
  let x = 0
  return each['windows[n,x]'].map((window) => {
    n += window[0]
    x += window[1]
    return { n, x }
  })
}

/** The largest difference, relative where the value is large; infinite where a value is missing. */
function difference(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity
  const differences = expected.map((value, index) => {
    return Math.abs((actual[index] ?? Infinity) - value) / Math.max(1, Math.abs(value))
  })
  return Math.max(...differences)
}
