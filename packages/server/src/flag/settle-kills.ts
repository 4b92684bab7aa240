/**
 * Telling the world how a kill ended: once, by whichever server sees it first.
 */
import { isSettled } from '@flagmarshal/domain/rollback/verify'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { lockOpenKills, settleVerification } from '../storage/kills.ts'
import { emit } from '../storage/outbox.ts'
import { standing } from './verification.ts'

/** Kills looked at in one transaction. */
const AT_ONCE = 50

/** Notes, records and announces the kills that have come to an end. Answers how many still wait. */
export async function settleKills(context: Context, database: Database): Promise<number> {
  return await database.transaction(async (tx) => {
    const rows = await lockOpenKills(tx, AT_ONCE)
    if (rows.length === 0) return 0
    const now = await databaseNow(tx)
    let open = 0
    for (const row of rows) {
      const { state, id, flag, project, environment, ...kill } = await standing(tx, row, now)
      if (!isSettled(state)) {
        open += 1
        continue
      }
      const { total, confirmed, lost, pending } = kill
      const missing = kill.instances.flatMap((it) => (it.state === 'confirmed' ? [] : [it.instanceId]))
      const end = { kill: id, flag, environment, state, total, confirmed, lost, pending, missing }
      await settleVerification(tx, id, state)
      await emit(tx, context, {
        type: 'dev.flagmarshal.flag.kill.verified',
        project,
        subject: `flags/${encodeURIComponent(flag)}`,
        data: end,
        dedupKey: `kill-settled/${id}`,
      })
      await record(tx, context, {
        chain: { project },
        action: 'flag.kill-settled',
        subject: { kind: 'flag', id: flag },
        after: end,
      })
    }
    return open
  })
}
