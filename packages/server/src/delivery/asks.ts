/**
 * Values asked over OFREP, counted in memory and written now and then: answering one needs no
 * database, and a kill page says how many such clients there are that confirm nothing.
 */
import type { Queries } from '../storage/database.ts'
import { addAsks, ALL_FLAGS } from '../storage/remote-asks.ts'
import type { Ask } from '../storage/remote-asks.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'

export interface Asks {
  /** A client was answered what it is served of a flag; without one, of all flags. */
  note(key: EnvironmentKey, flag?: string): void
  /** Writes what was counted. When it fails, what was counted is lost and the next ones count. */
  write(queries: Queries): Promise<void>
}

/** Nothing was asked yet. */
export function createAsks(): Asks {
  let counted = new Map<string, Ask>()
  return {
    note({ project, environment }, flag = ALL_FLAGS) {
      const name = `${project}/${environment}/${flag}`
      const n = (counted.get(name)?.n ?? 0) + 1
      counted.set(name, { project, environment, flag, n })
    },
    async write(queries) {
      const taken = [...counted.values()]
      counted = new Map()
      await addAsks(queries, taken)
    },
  }
}
