/**
 * What pages say they have used, counted in memory and written now and then. Nothing is judged by the
 * counts.
 */
import type { Exposures as Sent } from '@flagmarshal/api/exposure'

import type { Queries } from '../storage/database.ts'
import { addExposures, CODE_DEFAULT } from '../storage/exposures.ts'
import type { Exposed } from '../storage/exposures.ts'
import type { EnvironmentState } from './environment-state.ts'
import { usedThere } from './used.ts'

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
      for (const { flag, variant: given, n } of usedThere(state, counts)) {
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
