/** The slices of a report, as they are stored: twenty numbers for each flag and variant. */
import { TRAFFIC_SLICES } from '@flagmarshal/evaluation'
import type { TelemetryCount } from '@flagmarshal/evaluation'

import type { SliceCount } from '../storage/traffic-slices.ts'

/** Sums by flag and variant; counts of a rollout are in its own windows and belong to none. */
export function slicesOf(counts: readonly TelemetryCount[]): SliceCount[] {
  const sums = new Map<
    string,
    { flag: string; variant: string; n: number[]; bad: number[]; slow: number[] }
  >()
  for (const { flag, variant, rollout, slices = [] } of counts) {
    if (rollout !== undefined || slices.length === 0) continue
    const name = `${flag}\0${variant}`
    const sum = sums.get(name) ?? { flag, variant, n: zeros(), bad: zeros(), slow: zeros() }
    sums.set(name, sum)
    for (const { slice, n, bad, slow } of slices) {
      add(sum.n, slice, n)
      add(sum.bad, slice, bad)
      add(sum.slow, slice, slow)
    }
  }
  return [...sums.values()]
}

function zeros(): number[] {
  return Array.from({ length: TRAFFIC_SLICES }, () => 0)
}

function add(to: number[], slice: number, n: number): void {
  to[slice] = (to[slice] ?? 0) + n
}
