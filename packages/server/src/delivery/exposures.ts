/**
 * What pages say they have used, counted in memory and written now and then. Anybody can read the key
 * of a page and send what he likes, so only flags and variants that are there are counted, and nothing
 * is judged by the counts.
 */
import type { Exposures as Sent } from '@flagmarshal/api/exposure'

import type { Queries } from '../storage/database.ts'
import { addExposures, CODE_DEFAULT } from '../storage/exposures.ts'
import type { Exposed } from '../storage/exposures.ts'
import type { EnvironmentState } from './environment-state.ts'

export interface Exposures {
  /** A page has used these. */
  note(state: EnvironmentState, counts: Sent['counts']): void
  /** Writes what was counted. When it fails, what was counted is lost and the next ones count. */
  write(queries: Queries): Promise<void>
}

/** Nothing was used yet. */
export function createExposures(): Exposures {
  let counted = new Map<string, Exposed>()
  return {
    note(state, counts) {
      const { project, environment } = state.snapshot
      for (const { flag, variant: given, n } of counts) {
        const variants = state.compiled().flag(flag)?.flag.variants
        if (variants === undefined || (given !== null && !Object.hasOwn(variants, given))) continue
        const variant = given ?? CODE_DEFAULT
        const name = JSON.stringify([project, environment, flag, variant])
        const before = counted.get(name)?.n ?? 0
        counted.set(name, { project, environment, flag, variant, n: before + n })
      }
    },
    async write(queries) {
      const taken = [...counted.values()]
      counted = new Map()
      await addExposures(queries, taken)
    },
  }
}
