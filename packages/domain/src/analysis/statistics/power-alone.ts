/**
 * F10 where there is no control: what the comparison with a ceiling can show.
 */
import { ABSOLUTE_HARM_GRID } from './absolute.ts'

/** What is exposed, and what the ceiling's harm process asks of it. */
export interface AloneTraffic {
  /** The highest acceptable share of bad requests, 0..1. */
  readonly ceiling: number
  /** Exposed requests in one window. */
  readonly requestsPerWindow: number
  readonly phi: number
  /** Chance of a wrong rollback by this criterion. */
  readonly alpha: number
}

/** Rounds of the fixed point below; it settles within five. */
const ROUNDS = 20

/**
 * Windows after which F2b-harm sees a bad share of `rate`, as an expectation: the Poisson divergence of
 * the rate from the ceiling, divided by the dispersion, against the threshold with the price of mixing
 * over starts. Infinite where the rate is not above the ceiling.
 */
export function windowsToExceed(rate: number, traffic: AloneTraffic): number {
  const { ceiling, requestsPerWindow, phi, alpha } = traffic
  if (rate <= ceiling || requestsPerWindow === 0) return Infinity
  const perRequest = rate * Math.log(rate / ceiling) - (rate - ceiling)
  const perWindow = (requestsPerWindow * perRequest) / phi
  let windows = 1
  for (let round = 0; round < ROUNDS; round++) {
    const threshold =
      Math.log(1 / alpha) + Math.log(ABSOLUTE_HARM_GRID.length) + Math.log(2) + 2 * Math.log(windows)
    windows = Math.max(1, threshold / perWindow)
  }
  return windows
}
