/**
 * Roles of groups lapse where their person has not signed in at the provider for long: whoever has left there
 * comes back never, and a token made before would keep what no group gives any more.
 */
import { system } from '../context.ts'
import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { keepMapped, lockConnecting, selectLapsed } from '../storage/identities.ts'
import { rolesLastMs } from './identity-provider.ts'
import { applyMappedRoles } from './mapped-roles.ts'

/** Takes the roles that have lapsed. At the next sign-in they are given anew. */
export async function lapseRoles(
  { now, log }: Pick<Context, 'now' | 'log'>,
  database: Database,
): Promise<void> {
  const since = new Date(now.getTime() - (await rolesLastMs(database.kysely)))
  const context = { actor: system('identity-provider'), requestId: 'lapse-roles', now, log }
  for (const { person } of await selectLapsed(database.kysely, since)) {
    await database.transaction(async (tx) => {
      // A sign-in holds this lock too: whoever has just come back keeps what the groups gave.
      await lockConnecting(tx)
      const identity = (await selectLapsed(tx, since)).find((it) => it.person === person)
      if (identity === undefined) return
      await keepMapped(tx, identity, await applyMappedRoles(tx, context, person, []))
    })
  }
}
