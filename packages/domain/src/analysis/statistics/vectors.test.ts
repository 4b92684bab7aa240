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
import { mixtureRho, oneSidedHalfWidth } from './block.ts'
import { harmIncrements } from './harm.ts'
import { logMeanExp } from './log-sum.ts'
import { foldMixture, mixtureLogE, NOTHING_SEEN } from './restart.ts'

const root = resolve(import.meta.dirname, '../../../../..')
const folder = join(resolve(root, process.env['FLAGMARSHAL_CONFORMANCE_DIR'] ?? '../shared'), 'vectors')

/** All files: 1e-9, or none given. */
const TOLERANCE = 1e-9

interface RatioCase {
  readonly name: string
  readonly 'windows[nT,xT,nC,xC]': readonly (readonly [number, number, number, number])[]
  readonly phi: number
  readonly harm: Process
  readonly harmRestart: Process
}

interface Process {
  readonly d0: number
  readonly logE: readonly number[]
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

  it('asympcs-halfwidth: the tuning, and the one-sided half-width', () => {
    let oneSided = 0
    for (const { fn, s2, n, tuning, alpha, rho, halfwidth } of casesOf<HalfWidthCase>('asympcs-halfwidth')) {
      expect(
        difference([mixtureRho(fn === 'one_sided' ? 2 * alpha : alpha, tuning)], [rho]),
      ).toBeLessThanOrEqual(TOLERANCE)
      if (fn !== 'one_sided') continue
      oneSided += 1
      expect(difference([oneSidedHalfWidth(s2, n, alpha, tuning)], [halfwidth])).toBeLessThanOrEqual(
        TOLERANCE,
      )
    }
    expect(oneSided).toBeGreaterThan(0)
  })
})

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
