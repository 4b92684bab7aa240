/**
 * What the scenarios have in common.
 */
import type { Judge } from './judge.ts'
import type { RunSettings } from './run.ts'
import type { Traffic } from './traffic.ts'

/** One row of the table. */
export interface Cell {
  /** Rows of one bar stand together. */
  readonly bar: string
  readonly name: string
  readonly runs: number
  readonly settings: Omit<RunSettings, 'seed'>
  /** Run every seed twice, once with a restart at every tick, and compare. */
  readonly compareRestarts?: boolean
  readonly judge: Judge
}

/** Windows of a minute. */
export const TWO_DAYS = 2880
export const POISSON_RUNS = 300
export const BURSTY_RUNS = 1000
/** Variance / mean of bad events in bursts. */
export const BURSTS = 5

/** Plans in which only harm is of interest. */
export const LONG_WATCH = { ceiling: 0.02, absoluteOnly: false }

/** The same all day; the exposed arm fails `effect` times as often. */
export function steady(perWindow: number, base: number, effect: number, phi: number): Traffic {
  return { perWindow, base: () => base, exposed: (rate) => rate * effect, phi }
}
