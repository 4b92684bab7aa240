/**
 * F6: how much burstier than Poisson the counts are.
 *
 * One shopper who retries, or one broken host, makes bad events come in bursts; a likelihood that
 * takes them for independent ones sees evidence where there is none. The observe stage, in which
 * both arms are served the same, measures the factor that all later evidence is divided by. A ratio
 * of sums, never a mean of ratios (which reads 2.5–3.2 where the truth is 5).
 */
import type { ArmsWindow, Moments } from '../model.ts'

/** Bad events below which a measured dispersion is not believed on its own. */
const ENOUGH_BAD_EVENTS = 50

/** What is assumed, at least, where too little has been seen. */
export const UNKNOWN_DISPERSION = 2

/** Windows in a long block: bursts that last longer than one window show there. */
const LONG_BLOCK = 10

/** Sums over blocks of equal length; plain JSON. */
export interface BlockSums {
  /** Σ (xT − x·p)², with x the bad events of both arms and p the exposed share of their requests. */
  readonly scatter: number
  /** Σ x·p·(1 − p), what Poisson counts would scatter. */
  readonly expected: number
  readonly exposed: Moments
}

/** What the observe stage has counted in one audience; plain JSON of constant size. */
export interface History {
  /** Requests and bad events of both arms together. */
  readonly n: number
  readonly x: number
  readonly short: BlockSums
  readonly long: BlockSums
  /** The long block that is being filled. */
  readonly open: ArmsWindow & { readonly windows: number }
}

/** Variance / mean of the counts, each ≥ 1. */
export interface Dispersion {
  /** Of the exposed arm given both: for the comparison of the arms. */
  readonly relative: number
  /** Of the exposed arm alone: for comparisons with a ceiling. Never below `relative`. */
  readonly absolute: number
}

export const NO_MOMENTS: Moments = { t: 0, n: 0, x: 0, nn: 0, nx: 0, xx: 0 }

const NO_COUNTS = { n: 0, x: 0 }
const NO_BLOCKS: BlockSums = { scatter: 0, expected: 0, exposed: NO_MOMENTS }

/** A history that has seen nothing. */
export const NO_HISTORY: History = {
  n: 0,
  x: 0,
  short: NO_BLOCKS,
  long: NO_BLOCKS,
  open: { windows: 0, exposed: NO_COUNTS, control: NO_COUNTS },
}

/** Adds one arm's counts of one window. */
export function addMoments(moments: Moments, n: number, x: number): Moments {
  return {
    t: moments.t + 1,
    n: moments.n + n,
    x: moments.x + x,
    nn: moments.nn + n * n,
    nx: moments.nx + n * x,
    xx: moments.xx + x * x,
  }
}

/** Folds one window of the observe stage. */
export function foldHistory(history: History, window: ArmsWindow): History {
  const open = {
    windows: history.open.windows + 1,
    exposed: addCounts(history.open.exposed, window.exposed),
    control: addCounts(history.open.control, window.control),
  }
  const full = open.windows === LONG_BLOCK
  return {
    n: history.n + window.exposed.n + window.control.n,
    x: history.x + window.exposed.x + window.control.x,
    short: addBlock(history.short, window),
    long: full ? addBlock(history.long, open) : history.long,
    open: full ? NO_HISTORY.open : open,
  }
}

/** The dispersion that a history shows: the larger one of short and long blocks. */
export function dispersionOf(history: History): Dispersion {
  const least = history.x < ENOUGH_BAD_EVENTS ? UNKNOWN_DISPERSION : 1
  const relative = Math.max(least, ratioOf(history.short), ratioOf(history.long))
  const absolute = Math.max(relative, ratioToMean(history.short.exposed), ratioToMean(history.long.exposed))
  return { relative, absolute }
}

function addBlock(sums: BlockSums, { exposed, control }: ArmsWindow): BlockSums {
  if (exposed.n === 0 || control.n === 0) return sums
  const share = exposed.n / (exposed.n + control.n)
  const bad = exposed.x + control.x
  return {
    scatter: sums.scatter + (exposed.x - bad * share) ** 2,
    expected: sums.expected + bad * share * (1 - share),
    exposed: addMoments(sums.exposed, exposed.n, exposed.x),
  }
}

function addCounts(a: { n: number; x: number }, b: { n: number; x: number }): { n: number; x: number } {
  return { n: a.n + b.n, x: a.x + b.x }
}

function ratioOf({ scatter, expected }: BlockSums): number {
  return expected === 0 ? 1 : scatter / expected
}

/** Σ(x − n·p)² / Σ n·p with p the overall rate, from the moments. */
function ratioToMean({ n, x, nn, nx, xx }: Moments): number {
  if (x === 0) return 1
  const rate = x / n
  return (xx - 2 * rate * nx + rate * rate * nn) / x
}
