/**
 * Slices of the traffic that nobody is exposed in.
 *
 * Before a rollout there are no arms, yet a plan must be tried on the traffic of the days before. SDKs
 * therefore count unexposed requests by twenty equal slices of the bucketing keys: any of them can
 * later stand for the exposed arm, and one user's requests always stay together, as in a rollout.
 */
import { bucket, BUCKETS } from './bucket.ts'

/** Slices of 5 % of the keys each. */
export const TRAFFIC_SLICES = 20

/** The slice of a key, 0..19: the same in every process. */
export function trafficSlice(flag: string, key: string): number {
  return Math.floor((bucket('murmur3', `traffic:${flag}`, key) * TRAFFIC_SLICES) / BUCKETS)
}
