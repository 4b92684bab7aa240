/** Starting drills, and showing them. */
import type { Drill } from '@flagmarshal/api/drill'
import { alertRulesOf } from '@flagmarshal/domain/alert/rule'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { alertVerdict, rollbackVerdict } from '@flagmarshal/domain/rollback/drill'
import type { AlertDrillFound, RollbackDrillFound } from '@flagmarshal/domain/rollback/drill'

import type { Context } from '../context.ts'
import { subjectHash } from '../procedure/exercise-facts.ts'
import { loadFacts } from '../procedure/facts.ts'
import { loadRun } from '../procedure/load.ts'
import type { RunKey } from '../procedure/load.ts'
import type { Database } from '../storage/database.ts'
import type { ExerciseRow } from '../storage/exercises.ts'
import { accept } from '../verification/accept.ts'
import type { VerificationParts } from '../verification/run.ts'
import { exerciseView } from '../verification/view.ts'
import { drillAlert } from './alert-drill.ts'
import type { AlertSubject } from './alert-drill.ts'
import { drillRollback } from './rollback-drill.ts'

/** A drill as somebody wants it. */
export interface WantedDrill {
  readonly kind: 'alert' | 'rollback'
  readonly boundMs: number
  readonly trafficMs: number
}

/** Accepts a drill and begins to carry it out. An alert drill needs a plan with a threshold. */
export async function startDrill(
  context: Context,
  { database, exercises }: VerificationParts,
  key: RunKey,
  { kind, ...settings }: WantedDrill,
): Promise<Drill | Refusal> {
  const alert = kind === 'alert' ? await alertSubject(context, database, key) : undefined
  if (alert !== undefined && isRefusal(alert)) return alert
  const accepted = await accept(context, database, { ...key, kind }, settings)
  if (isRefusal(accepted)) return accepted
  const { row, facts, flag } = accepted
  exercises.start(row, (exercise) =>
    alert === undefined
      ? drillRollback(exercise, { flag, environments: facts.environments, ...settings })
      : drillAlert(exercise, alert),
  )
  return drillView(row, subjectHash(kind, facts))
}

/** A drill as the API shows it. */
export function drillView(row: ExerciseRow, subject: string): Drill {
  const shared = {
    ...exerciseView(row, subject),
    kind: row.kind === 'alert' ? row.kind : 'rollback',
  } as const
  if (row.result === null) return { ...shared, findings: [] }
  if (row.kind === 'alert') {
    const found = structuredClone(row.result) as AlertDrillFound
    const { verdict, findings } = alertVerdict(found)
    return { ...shared, verdict, findings: [...findings], alert: found as NonNullable<Drill['alert']> }
  }
  const found = structuredClone(row.result) as RollbackDrillFound
  const { verdict, findings } = rollbackVerdict(found)
  return { ...shared, verdict, findings: [...findings], rollback: found as NonNullable<Drill['rollback']> }
}

async function alertSubject(
  { now }: Context,
  database: Database,
  key: RunKey,
): Promise<AlertSubject | Refusal> {
  const loaded = await loadRun(database.kysely, key)
  if (isRefusal(loaded)) return loaded
  const facts = await loadFacts(database.kysely, loaded.feature, loaded.run, { now, members: false })
  const { plan } = facts.outputs.plan
  const rule = plan === undefined ? undefined : alertRulesOf(plan)[0]
  if (plan === undefined || rule === undefined)
    return refuse(
      'no-threshold',
      'There is no rollout plan whose threshold could be crossed.',
      'Write step 3 first.',
    )
  return { environment: plan.environment, rule }
}
