/** Starting drills, and showing them. */
import type { Drill } from '@flagmarshal/api/drill'
import { alertRulesOf } from '@flagmarshal/domain/alert/rule'
import { hooksOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-hooks'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { alertVerdict, rollbackVerdict } from '@flagmarshal/domain/rollback/drill'
import type { AlertDrillFound, RollbackDrillFound } from '@flagmarshal/domain/rollback/drill'

import { openConnection } from '../connection/read.ts'
import type { Context } from '../context.ts'
import type { MonitoringParts } from '../monitoring/parts.ts'
import { addressOf } from '../monitoring/set-up.ts'
import { lifeOf, subjectHash } from '../procedure/exercise-facts.ts'
import { loadFacts } from '../procedure/facts.ts'
import { loadRun } from '../procedure/load.ts'
import type { RunKey } from '../procedure/load.ts'
import type { ExerciseRow } from '../storage/exercises.ts'
import { selectSetup } from '../storage/monitoring-setups.ts'
import { accept } from '../verification/accept.ts'
import type { VerificationParts } from '../verification/run.ts'
import { exerciseView } from '../verification/view.ts'
import { drillAlert } from './alert-drill.ts'
import type { AlertSubject } from './alert-drill.ts'
import { drillPrometheus } from './prometheus-drill.ts'
import type { PrometheusSubject } from './prometheus-drill.ts'
import { drillRollback } from './rollback-drill.ts'

/** A drill as somebody wants it. */
export interface WantedDrill {
  readonly kind: 'alert' | 'rollback'
  /** Through Prometheus where that is possible, unless given. */
  readonly through?: 'built-in' | 'prometheus' | undefined
  readonly boundMs: number
  readonly trafficMs: number
}

/** Accepts a drill and begins to carry it out. An alert drill needs a plan with a threshold. */
export async function startDrill(
  context: Context,
  parts: VerificationParts & MonitoringParts,
  key: RunKey,
  { kind, through, ...settings }: WantedDrill,
): Promise<Drill | Refusal> {
  const { database, exercises, monitoring } = parts
  const alert = kind === 'alert' ? await alertSubject(context, parts, key, through) : undefined
  if (alert !== undefined && isRefusal(alert)) return alert
  const place = alert === undefined ? {} : { environment: alert.environment }
  const accepted = await accept(context, database, { ...key, kind }, { ...settings, ...place })
  if (isRefusal(accepted)) return accepted
  const { row, facts, flag } = accepted
  exercises.start(row, (exercise) => {
    if (alert === undefined)
      return drillRollback(exercise, {
        flag,
        environments: facts.environments,
        hooks: hooksOf(facts.outputs.rollback),
        goBackTo: facts.outputs.rollback.codeRollback?.targetVersion ?? '',
        ...settings,
      })
    return alert.through === 'prometheus'
      ? drillPrometheus(exercise, monitoring, alert)
      : drillAlert(exercise, alert)
  })
  return drillView(row, subjectHash(kind, facts), context.now)
}

/** A drill as the API shows it. */
export function drillView(row: ExerciseRow, subject: string, now: Date): Drill {
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
  const { issuedAt, expiresAt, expired } = lifeOf(row, now)
  const certificate =
    verdict === 'passed' && issuedAt !== undefined && expiresAt !== undefined
      ? {
          certificate: {
            hash: row.evidence ?? '',
            issuedAt,
            expiresAt,
            valid: expired !== true && shared.current === true,
          },
        }
      : {}
  const shown = found as NonNullable<Drill['rollback']>
  return { ...shared, verdict, findings: [...findings], rollback: shown, ...certificate }
}

async function alertSubject(
  { now }: Context,
  { database, safe }: MonitoringParts,
  key: RunKey,
  through: WantedDrill['through'],
): Promise<AlertSubject | PrometheusSubject | Refusal> {
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
  const { environment } = plan
  if (through === 'built-in') return { through: 'built-in', environment, rule }
  const { project, flag } = loaded.feature
  const setup = await selectSetup(database.kysely, { project, environment, flag })
  const connection =
    setup === undefined || setup.rules === null
      ? undefined
      : await openConnection(database.kysely, safe, { project, connection: setup.connection })
  const prometheus = connection && addressOf(connection, 'prometheus')
  const alertmanager = connection && addressOf(connection, 'alertmanager')
  if (connection !== undefined && prometheus !== undefined && alertmanager !== undefined)
    return {
      through: 'prometheus',
      environment,
      rule,
      prometheus,
      alertmanager,
      scrapeMs: connection.settings.prometheus.scrapeMs,
    }
  if (through === undefined) return { through: 'built-in', environment, rule }
  return refuse(
    'not-installed',
    `The rules of ${flag} are not installed in a Prometheus with an Alertmanager.`,
    'Set monitoring up for the feature (the verb set-up of `flagmarshal monitoring`), or drill the built-in evaluator.',
  )
}
