/** Putting back what an exercise has switched on. */
import type { Context } from '../context.ts'
import { recordConfig, storeConfig } from '../flag/configure.ts'
import type { FlagPorts } from '../flag/ports.ts'
import { servedConfig } from '../flag/view.ts'
import type { Tx } from '../storage/database.ts'
import type { ExerciseRow } from '../storage/exercises.ts'
import { bumpRevision, lockFlagConfig } from '../storage/flags.ts'

/**
 * Takes the rule of an exercise away and puts `enabled` back to what it was, in every environment
 * that it touched; an environment's next revision asks for telemetry at the usual interval again.
 */
export async function putBack(tx: Tx, context: Context, ports: FlagPorts, row: ExerciseRow): Promise<void> {
  const { id, project, flag } = row
  const entries = row.restore.toSorted((a, b) => (a.environment < b.environment ? -1 : 1))
  for (const { environment, enabled } of entries) {
    const key = { project, environment, flag }
    const before = await lockFlagConfig(tx, key)
    if (before === undefined) continue
    const served = servedConfig(before)
    const rules = served.rules.filter((it) => it.rollout?.id !== id)
    if (served.enabled === enabled && rules.length === served.rules.length) {
      await bumpRevision(tx, project, environment)
      continue
    }
    const after = await storeConfig(tx, context, key, { ...served, enabled, rules })
    await ports.onFlagChanged(tx, context, {
      project,
      flags: [flag],
      environments: [environment],
      what: 'config',
    })
    await recordConfig(tx, context, { action: 'flag.put-back', before, after, reason: `after ${id}` })
  }
}
