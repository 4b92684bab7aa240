/**
 * The rollback drill (P-S5-6): outside production, where instances are connected, the flag is switched
 * on, quickly disabled by the product's own kill, and put back as it was; each is confirmed by the
 * acknowledgements of the instances. Hooks are not in this version.
 */
import type { EnvironmentFacts, FlagFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { isRefusal } from '@flagmarshal/domain/refusal'
import { rollbackVerdict } from '@flagmarshal/domain/rollback/drill'
import type { RollbackDrillFound } from '@flagmarshal/domain/rollback/drill'
import { treatmentOf } from '@flagmarshal/domain/verification/request'
import type { Flag } from '@flagmarshal/evaluation'

import { killFlag } from '../flag/kill.ts'
import { readVerification } from '../flag/verification.ts'
import { countInstances } from '../storage/rollout-surroundings.ts'
import { databaseClock } from '../storage/telemetry.ts'
import { awaitServed } from '../verification/carry-out.ts'
import { endWithEvidence } from '../verification/end.ts'
import type { Exercise } from '../verification/exercises.ts'
import { timed, toggle } from '../verification/toggle.ts'
import type { Begun } from '../verification/toggle.ts'

/** What is drilled. */
export interface RollbackSubject {
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
  hooks: 'not in this version',
}

/** Drills in the first environment that is not protected and has an instance. */
export async function drillRollback(exercise: Exercise, subject: RollbackSubject): Promise<void> {
  const place = await placeOf(exercise, subject)
  const found = place === undefined ? NOWHERE : await drillIn(exercise, subject, place)
  await endWithEvidence(exercise, { step: 5, found, drill: rollbackVerdict(found).verdict })
}

interface Place {
  readonly environment: string
  readonly flag: Flag
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
  { boundMs, trafficMs }: RollbackSubject,
  { environment, flag }: Place,
): Promise<RollbackDrillFound> {
  const key = { project: exercise.row.project, environment, flag: flag.key }
  const enabled = await toggle(exercise, key, 'enable')
  if (enabled === undefined) return NOWHERE
  const enabling = await timed(exercise, enabled, boundMs)
  await exercise.note(`${environment}: on, followed by ${enabling.instances.length} instances`)
  const instances = enabling.instances.map((it) => it.instanceId)
  const served = { ...key, flag, layers: [{ instances }] }
  const on = await awaitServed(exercise, served, { since: enabled, variant: treatmentOf(flag), trafficMs })

  const disabled = await quickDisable(exercise, key)
  const disabling = await timed(exercise, disabled, boundMs)
  await exercise.note(`${environment}: disabled, followed by ${disabling.instances.length} instances`)
  const off =
    on.size === 0
      ? on
      : await awaitServed(exercise, served, { since: disabled, variant: flag.offVariant, trafficMs })
  await exercise.note(`${environment}: ${on.size} instances served it, ${off.size} went back`)
  return {
    environment,
    toggles: [enabling, disabling],
    kill: disabled.verification.id,
    recovery: { servedOn: on.size > 0, servedOff: off.size > 0 },
    hooks: 'not in this version',
  }
}

/** The kill that a person would use, marked as a drill. */
async function quickDisable(
  exercise: Exercise,
  key: { readonly project: string; readonly environment: string; readonly flag: string },
): Promise<Begun> {
  const { database, row } = exercise
  const kill = await killFlag(exercise.context(), exercise, key, `drill ${row.id}`)
  if (isRefusal(kill)) throw new Error(`a drill could not disable the flag: ${kill.message}`)
  const verification = await readVerification(database.kysely, kill.id, await databaseClock(database.kysely))
  if (verification === undefined) throw new Error(`there is no kill ${kill.id}`)
  return { what: 'disable', verification }
}
