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

type Counting = Ask & { n: number }

/** Nothing was asked yet. */
export function createAsks(): Asks {
  let counted = new Map<string, Counting>()
  return {
    note({ project, environment }, flag = ALL_FLAGS) {
      const name = `${project}/${environment}/${flag}`
      const known = counted.get(name)
      if (known !== undefined) known.n++
      else counted.set(name, { project, environment, flag, n: 1 })
    },
    async write(queries) {
      const taken = [...counted.values()]
      counted = new Map()
      await addAsks(queries, taken)
    },
  }
}
