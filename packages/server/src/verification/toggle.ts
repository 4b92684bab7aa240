/**
 * Changing something in an environment and measuring how long every connected instance takes to
 * acknowledge it (P-S2-5): a revision that changes nothing served, and, outside of protected
 * environments only, the flag switched on for everybody and off again.
 */
import type { Toggle } from '@flagmarshal/domain/verification/model'
import { exposedDraft, treatmentOf } from '@flagmarshal/domain/verification/request'
import type { Flag, Rule } from '@flagmarshal/evaluation'

import { record } from '../audit/record.ts'
import { recordConfig, storeConfig } from '../flag/configure.ts'
import { readVerification, startVerification } from '../flag/verification.ts'
import type { Verification } from '../flag/verification.ts'
import { servedConfig } from '../flag/view.ts'
import type { Tx } from '../storage/database.ts'
import { addRestore } from '../storage/exercises.ts'
import { bumpRevision, lockFlagConfig, shareFlag } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { databaseClock } from '../storage/telemetry.ts'
import type { Exercise } from './exercises.ts'

/** A change whose acknowledgements are awaited. */
export interface Begun {
  readonly what: Toggle['what']
  readonly verification: Verification
}

/** Counts a revision that changes nothing served. */
export async function probe(exercise: Exercise, key: FlagConfigKey): Promise<Begun> {
  const context = exercise.context()
  return await exercise.database.transaction(async (tx) => {
    const revision = await bumpRevision(tx, key.project, key.environment)
    const verification = await startVerification(tx, context, {
      ...key,
      kind: 'toggle',
      revision,
      reason: 'a revision that changes nothing served, to see who acknowledges it how soon',
    })
    await record(tx, context, {
      chain: { project: key.project },
      action: 'environment.probe',
      subject: { kind: 'environment', id: key.environment },
      after: { revision, exercise: exercise.row.id },
      run: exercise.row.run,
    })
    return { what: 'probe', verification }
  })
}

/**
 * Switches the flag on for everybody, by a rule that belongs to the exercise, or off; never call it
 * for a protected environment. Undefined where a rollout owns a rule there, or nothing can be turned on.
 */
export async function toggle(
  exercise: Exercise,
  key: FlagConfigKey,
  what: 'enable' | 'disable',
): Promise<Begun | undefined> {
  const context = exercise.context()
  return await exercise.database.transaction(async (tx) => {
    const flag = await shareFlag(tx, key.project, key.flag)
    const before = await lockFlagConfig(tx, key)
    if (flag === undefined || before === undefined) return undefined
    const served = servedConfig(before)
    const own = served.rules.find((it) => it.rollout?.id === exercise.row.id)
    if (own === undefined && served.rules.some((it) => it.rollout !== undefined)) return undefined
    const { kind, value_type: valueType, variants } = flag
    const rule = own ?? ruleOf(exercise, { key: key.flag, kind, valueType, variants, ...served })
    if (rule === undefined) return undefined
    if (own === undefined) {
      await addRestore(tx, exercise.row.id, { environment: key.environment, enabled: served.enabled })
    }
    const rules = own === undefined ? [rule, ...served.rules] : served.rules
    const after = await storeConfig(tx, context, key, { ...served, rules, enabled: what === 'enable' })
    const verification = await startVerification(tx, context, {
      ...key,
      kind: 'toggle',
      revision: after.environment_revision,
      reason: `${what} in ${exercise.row.id}`,
    })
    await notice(exercise, tx, key)
    await recordConfig(tx, context, { action: `flag.verify-${what}`, before, after, reason: exercise.row.id })
    return { what, verification }
  })
}

/** Waits until every instance that was connected has acknowledged, or the bound is over. */
export async function timed(
  exercise: Exercise,
  { what, verification }: Begun,
  boundMs: number,
): Promise<Toggle> {
  const { id, environment, revision } = verification
  let last = verification
  await exercise.until(async () => {
    const { kysely } = exercise.database
    last = (await readVerification(kysely, id, await databaseClock(kysely))) ?? last
    return last.confirmed === last.total ? last : undefined
  }, boundMs)
  return {
    what,
    environment,
    revision,
    instances: last.instances.map(({ instanceId, application, confirmedAfterMs }) => ({
      instanceId,
      application,
      confirmedAfterMs:
        confirmedAfterMs !== undefined && confirmedAfterMs <= boundMs ? confirmedAfterMs : null,
    })),
  }
}

async function notice(exercise: Exercise, tx: Tx, key: FlagConfigKey): Promise<void> {
  const { project, flag, environment } = key
  const change = { project, flags: [flag], environments: [environment], what: 'config' as const }
  await exercise.flagPorts.onFlagChanged(tx, exercise.context(), change)
}

/** The rule that serves the on-branch to everybody for as long as the exercise lasts. */
function ruleOf(exercise: Exercise, flag: Flag): Rule | undefined {
  const treatment = treatmentOf(flag)
  if (treatment === undefined) return undefined
  return exposedDraft(flag, { treatment, percent: 100, id: exercise.row.id }).rules[0]
}
