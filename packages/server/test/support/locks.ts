/** A connection beside the server's: to look into its database, and to stand in the way. */
import { Client } from 'pg'
import { expect } from 'vitest'

/** A connection of its own, closed with the test. */
export async function connectTo(url: string) {
  const client = new Client({ connectionString: url })
  await client.connect()
  return {
    rows: async <R extends object>(sql: string) => (await client.query<R>(sql)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  }
}

/** Locks every configuration of a flag until the connection commits. */
export async function lockFlag(
  { rows }: Pick<Awaited<ReturnType<typeof connectTo>>, 'rows'>,
  flag: string,
): Promise<{
  /** Until somebody waits for it. */
  inTheWay(): Promise<void>
  release(): Promise<void>
}> {
  await rows('begin')
  await rows(`select 1 from flag_configs where flag = '${flag}' for update`)
  const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
  return {
    async inTheWay() {
      const look = async () => {
        // Else a transaction goes on seeing what it saw first.
        await rows('select pg_stat_clear_snapshot()')
        return (await rows(waiting)).length
      }
      await expect.poll(look).toBeGreaterThan(0)
    },
    release: async () => void (await rows('commit')),
  }
}
