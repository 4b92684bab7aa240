/**
 * F10: what a given traffic can show, before anybody is exposed.
 *
 * Estimates, not tests: expected evidence per event against the threshold that the process must
 * reach. They tell a plan's author how long a stage must be, and an increment how long to bake.
 */
import { SAFE_GRID } from './absolute.ts'
import { HARM_GRID } from './harm.ts'

/** What an audience's traffic looks like, and what the harm process asks of it. */
export interface Traffic {
  /** The ratio of rates that is tolerated: `harmRatio`. */
  readonly tolerated: number
  /** Share of the audience that is exposed, 0..1, exclusive. */
  readonly share: number
  /** Bad share of the requests without the feature, 0..1. */
  readonly rate: number
  /** Requests of both arms in one window. */
  readonly requestsPerWindow: number
  readonly phi: number
  /** Chance of a wrong rollback by this criterion. */
  readonly alpha: number
}

/** Rounds of the fixed point below; it settles within five. */
const ROUNDS = 20

/** Relative change below which the fixed point has settled. */
const SETTLED = 1e-6

/**
 * Windows after which F1r sees a regression of `ratio`, as an expectation. Infinite where the ratio is tolerated or nothing
 * ever fails. The price of mixing over starts grows with the time itself, hence the fixed point.
 */
export function windowsToSee(ratio: number, traffic: Traffic): number {
  const { share, rate, requestsPerWindow, phi, alpha } = traffic
  const perWindow = requestsPerWindow * rate * (1 - share + share * ratio)
  const perEvent = evidencePerEvent(ratio, traffic)
  if (ratio <= traffic.tolerated || perWindow === 0) return Infinity
  let windows = 1
  for (let round = 0; round < ROUNDS; round++) {
    const threshold = Math.log(1 / alpha) + Math.log(HARM_GRID.length) + Math.log(2) + 2 * Math.log(windows)
    const next = Math.max(1, (phi * threshold) / perEvent / perWindow)
    if (Math.abs(next - windows) <= SETTLED * next) return next
    windows = next
  }
  return windows
}

/**
 * KL(p1 ‖ p0) in nats: the mean log evidence of one bad event when the exposed rate is `ratio`
 * times the control's. 0.078 at a share of 10 %, ratio 3, tolerated 1.1.
 */
export function evidencePerEvent(
  ratio: number,
  { share, tolerated }: Pick<Traffic, 'share' | 'tolerated'>,
): number {
  const p1 = (ratio * share) / (ratio * share + 1 - share)
  const p0 = (tolerated * share) / (tolerated * share + 1 - share)
  return p1 * Math.log(p1 / p0) + (1 - p1) * Math.log((1 - p1) / (1 - p0))
}

/** Exposed requests after which F2b-safe shows a rate of `base` to be below the ceiling, as an expectation; infinite where it is not below. */
export function requestsToProve(ceiling: number, base: number, phi: number, beta: number): number {
  if (base >= ceiling) return Infinity
  const r = base / ceiling
  const perExpected = 1 - r + (r === 0 ? 0 : r * Math.log(r))
  return (phi * (Math.log(1 / beta) + Math.log(SAFE_GRID.length))) / (ceiling * perExpected)
}
