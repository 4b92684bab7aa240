/**
 * The rollback drill (P-S5-6): outside production, where instances are connected, the flag is switched
 * on, quickly disabled by the product's own kill, and put back as it was; each is confirmed by the
 * acknowledgements of the instances. Then the hooks of step 5 are tried.
 */
import type { EnvironmentFacts, FlagFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { isRefusal } from '@flagmarshal/domain/refusal'
import { rollbackVerdict } from '@flagmarshal/domain/rollback/drill'
import type { RollbackDrillFound } from '@flagmarshal/domain/rollback/drill'
import type { KillCounts } from '@flagmarshal/domain/rollback/kill-recovery'
import { treatmentOf } from '@flagmarshal/domain/verification/request'
import { compile } from '@flagmarshal/evaluation'
import type { Flag } from '@flagmarshal/evaluation'

import { killFlag } from '../flag/kill.ts'
import { readVerification, startVerification } from '../flag/verification.ts'
import { engines } from '../json-logic.ts'
import { lockExercise } from '../storage/exercises.ts'
import { selectFlagConfigs } from '../storage/flags.ts'
import { selectCounted } from '../storage/kill-watches.ts'
import { selectRevision } from '../storage/monitoring.ts'
import { countInstances } from '../storage/rollout-surroundings.ts'
import { databaseClock } from '../storage/telemetry.ts'
import { awaitServed } from '../verification/carry-out.ts'
import { endWithEvidence } from '../verification/end.ts'
import type { Exercise } from '../verification/exercises.ts'
import { putBack } from '../verification/put-back.ts'
import { timed, toggle } from '../verification/toggle.ts'
import type { Begun } from '../verification/toggle.ts'
import { drillHooks } from './drill-hooks.ts'
import type { DrilledHooks } from './drill-hooks.ts'

/** What is drilled. */
export interface RollbackSubject extends DrilledHooks {
  readonly flag: FlagFacts
  readonly environments: readonly EnvironmentFacts[]
  readonly boundMs: number
  readonly trafficMs: number
}

const NOWHERE: RollbackDrillFound = {
  environment: null,
  toggles: [],
  kill: null,
  recovery: { servedOn: false, servedOff: false },
  hooks: [],
}

/** Synthetic users that are evaluated after the disable. */
const SYNTHETIC_USERS = 100

/** Drills in the first environment that is not protected and has an instance. */
export async function drillRollback(exercise: Exercise, subject: RollbackSubject): Promise<void> {
  const place = await placeOf(exercise, subject)
  const drilled = place === undefined ? NOWHERE : await drillIn(exercise, subject, place)
  const found = { ...drilled, hooks: await drillHooks(exercise, subject) }
  await endWithEvidence(exercise, { step: 5, found, drill: rollbackVerdict(found).verdict })
}

interface Place {
  readonly environment: string
  readonly flag: Flag
}

interface Key {
  readonly project: string
  readonly environment: string
  readonly flag: string
}

async function placeOf(
  { database, row }: Exercise,
  { flag, environments }: RollbackSubject,
): Promise<Place | undefined> {
  for (const { key: environment, protected: guarded } of environments) {
    const served = flag.configurations.find((it) => it.environment === environment)?.flag
    if (guarded || served === undefined || served.rules.some((it) => it.rollout !== undefined)) continue
    const { connected } = await countInstances(database.kysely, row.project, environment)
    if (connected > 0) return { environment, flag: served }
  }
  return undefined
}

async function drillIn(
  exercise: Exercise,
  { boundMs, trafficMs, environments }: RollbackSubject,
  { environment, flag }: Place,
): Promise<RollbackDrillFound> {
  const key = { project: exercise.row.project, environment, flag: flag.key }
  const before = await countedOf(exercise, key, flag.offVariant)
  const enabled = await toggle(exercise, key, 'enable')
  if (enabled === undefined) return NOWHERE
  const enabling = await timed(exercise, enabled, boundMs)
  await exercise.note(`${environment}: on, followed by ${enabling.instances.length} instances`)
  const instances = enabling.instances.map((it) => it.instanceId)
  const served = { ...key, flag, layers: [{ instances }] }
  const on = await awaitServed(exercise, served, { since: enabled, variant: treatmentOf(flag), trafficMs })

  const between = await countedOf(exercise, key, flag.offVariant)
  const disabled = await quickDisable(exercise, key)
  const disabling = await timed(exercise, disabled, boundMs)
  await exercise.note(`${environment}: disabled, followed by ${disabling.instances.length} instances`)
  const off =
    on.size === 0
      ? on
      : await awaitServed(exercise, served, { since: disabled, variant: flag.offVariant, trafficMs })
  const after = await countedOf(exercise, key, flag.offVariant)
  const segments = environments.find((it) => it.key === environment)?.segments ?? []
  const synthetic = await trySynthetic(exercise, key, { flag, segments })
  await exercise.note(
    `${environment}: ${on.size} instances served it, ${off.size} went back; ${synthetic.exposed} of ${synthetic.users} synthetic users still got it`,
  )
  const restoring = await timed(exercise, await restore(exercise, key), boundMs)
  await exercise.note(
    `${environment}: put back as it was, followed by ${restoring.instances.length} instances`,
  )
  return {
    environment,
    toggles: [enabling, disabling, restoring],
    kill: disabled.verification.id,
    recovery: {
      servedOn: on.size > 0,
      servedOff: off.size > 0,
      on: less(after.on, before.on),
      off: less(after.off, between.off),
    },
    synthetic,
    hooks: [],
  }
}

/** The kill that a person would use, marked as a drill. */
async function quickDisable(exercise: Exercise, key: Key): Promise<Begun> {
  const { database, row } = exercise
  const kill = await killFlag(exercise.context(), exercise, key, `drill ${row.id}`)
  if (isRefusal(kill)) throw new Error(`a drill could not disable the flag: ${kill.message}`)
  const verification = await readVerification(database.kysely, kill.id, await databaseClock(database.kysely))
  if (verification === undefined) throw new Error(`there is no kill ${kill.id}`)
  return { what: 'disable', verification }
}

/** Puts back what was there before, and watches the instances follow. */
async function restore(exercise: Exercise, key: Key): Promise<Begun> {
  const { database, row, flagPorts } = exercise
  const context = exercise.context()
  return await database.transaction(async (tx) => {
    const present = await lockExercise(tx, row.id)
    if (present !== undefined) await putBack(tx, context, flagPorts, present)
    const revision = await selectRevision(tx, key)
    const verification = await startVerification(tx, context, {
      ...key,
      kind: 'toggle',
      revision,
      reason: `put back after ${row.id}`,
    })
    return { what: 'restore', verification }
  })
}

/** Evaluates users that nobody is, with the configuration as it is stored now. */
async function trySynthetic(
  { database }: Exercise,
  key: Key,
  { flag, segments }: { readonly flag: Flag; readonly segments: EnvironmentFacts['segments'] },
): Promise<{ readonly users: number; readonly exposed: number }> {
  const configs = await selectFlagConfigs(database.kysely, key.project, key.flag)
  const stored = configs.find((it) => it.environment === key.environment)
  if (stored === undefined) throw new Error(`the flag has no configuration in ${key.environment}`)
  const { enabled, off_variant: offVariant, rules, fallthrough } = stored
  const compiled = compile(
    { flags: [{ ...flag, enabled, offVariant, rules, fallthrough }], segments },
    engines,
  )
  const decided = compiled.flag(flag.key)
  const exposed = Array.from({ length: SYNTHETIC_USERS }, (_, index) => {
    const evaluation = decided?.decide({ targetingKey: `synthetic-${index}` }).evaluation
    return evaluation !== undefined && 'variant' in evaluation && evaluation.variant === offVariant ? 0 : 1
  })
  return { users: SYNTHETIC_USERS, exposed: exposed.reduce<number>((sum, it) => sum + it, 0) }
}

interface Counted {
  readonly on: KillCounts
  readonly off: KillCounts
}

async function countedOf({ database }: Exercise, key: Key, offVariant: string): Promise<Counted> {
  const rows = await selectCounted(database.kysely, key)
  const sum = (off: boolean) =>
    rows
      .filter((it) => (it.variant === offVariant) === off)
      .reduce<KillCounts>((total, it) => ({ n: total.n + it.n, bad: total.bad + it.bad }), { n: 0, bad: 0 })
  return { on: sum(false), off: sum(true) }
}

function less(a: KillCounts, b: KillCounts): KillCounts {
  return { n: Math.max(0, a.n - b.n), bad: Math.max(0, a.bad - b.bad) }
}
