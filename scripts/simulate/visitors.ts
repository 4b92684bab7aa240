/**
 * Visitors: people who come back, some of them far more often than others, and make several requests
 * a visit. Their arms are those of the product's own bucketing.
 */
import { bucket, BUCKETS } from '@flagmarshal/evaluation'

import { poisson, type Uniform } from './random.ts'

/** Who visits. */
export interface Population {
  readonly people: number
  readonly visitsPerWindow: number
  readonly requestsPerVisit: number
  /** Share of the exposed arm's visitors who are lost before they are counted: their page does not load. */
  readonly lost: number
}

/** What visitors do in one window at an exposed share. */
export interface Visitors {
  window(share: number): {
    /** Requests of the exposed arm and of the control. */
    readonly requests: readonly [number, number]
    /** Keys that appear for the first time. */
    readonly keys: { readonly exposed: number; readonly control: number }
  }
}

/** People whose visits are distributed with a heavy tail: a few of them make most of the visits. */
export function createVisitors(population: Population, seed: number, uniform: Uniform): Visitors {
  const { people, visitsPerWindow, requestsPerVisit, lost } = population
  const seen = new Uint8Array(people)
  const buckets = new Int32Array(people).fill(-1)
  const bucketOf = (person: number): number => {
    const known = buckets[person] ?? -1
    if (known >= 0) return known
    const found = bucket('murmur3', `simulated-${seed}`, `visitor-${person}`)
    buckets[person] = found
    return found
  }
  return {
    window(share) {
      const requests: [number, number] = [0, 0]
      const keys = { exposed: 0, control: 0 }
      for (let visit = poisson(uniform, visitsPerWindow); visit > 0; visit--) {
        // Rank r of N with probability about 1/(r ln N): Zipf.
        const person = Math.min(people - 1, Math.floor(people ** uniform()) - 1)
        const exposed = bucketOf(person) < share * BUCKETS
        const isLost =
          exposed && lost > 0 && bucket('murmur3', `lost-${seed}`, `visitor-${person}`) < lost * BUCKETS
        if (isLost) continue
        requests[exposed ? 0 : 1] += requestsPerVisit
        if (seen[person] === 1) continue
        seen[person] = 1
        keys[exposed ? 'exposed' : 'control'] += 1
      }
      return { requests, keys }
    },
  }
}
