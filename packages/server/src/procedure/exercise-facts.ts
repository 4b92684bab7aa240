/**
 * What verification runs and drills have found, as facts for the checks: the newest of each kind that
 * came to its end, and whether what it tried is still what is configured.
 */
import { alertRulesOf } from '@flagmarshal/domain/alert/rule'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { Json } from '@flagmarshal/domain/audit/canonical'
import type { MonitoringFound } from '@flagmarshal/domain/monitoring/found'
import { baselineOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/baseline'
import { hooksOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-hooks'
import type {
  ConnectedFacts,
  ExerciseFacts,
  FlagRolloutFacts,
} from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { CERTIFICATE_MS } from '@flagmarshal/domain/rollback/drill'
import type { AlertDrillFound, RollbackDrillFound } from '@flagmarshal/domain/rollback/drill'
import type { Kept, VerificationFound } from '@flagmarshal/domain/verification/model'

import { sha256 } from '../id.ts'
import { selectConnections } from '../storage/connections.ts'
import type { Queries } from '../storage/database.ts'
import { selectLatestDone } from '../storage/exercises.ts'
import type { ExerciseKind, ExerciseRow } from '../storage/exercises.ts'
import { selectServed } from '../storage/instance-usage.ts'
import { selectSighting } from '../storage/monitoring-setups.ts'
import { countInstances } from '../storage/rollout-surroundings.ts'

/** What an exercise of a kind is about: it is stale once this hashes to something else. */
export function subjectHash(
  kind: ExerciseKind,
  { flag, environments, outputs }: Omit<FlagRolloutFacts, 'exercises'>,
): string {
  if (kind === 'alert') {
    const { plan } = outputs.plan
    return hashOf(plan === undefined ? [] : [plan.environment, ...alertRulesOf(plan)])
  }
  if (kind === 'monitoring') return hashOf([outputs.plan.plan, outputs.plan.monitoring, outputs.monitoring])
  const baseline = baselineOf(flag, environments)
  return hashOf(
    kind === 'rollback'
      ? [baseline, ...hooksOf(outputs.rollback)]
      : [baseline, ...(outputs.flags.targetingCases ?? [])],
  )
}

/** The subject hash that an exercise was started with. */
export function startedWith({ settings }: ExerciseRow): string | undefined {
  const { subject } = settings as { readonly subject?: string }
  return subject
}

/** From when to when a rollback drill counts, and whether that is over at `now`; nothing for other kinds. */
export function lifeOf(
  { kind, ended_at: endedAt }: ExerciseRow,
  now: Date,
): Pick<Kept<unknown>, 'issuedAt' | 'expiresAt' | 'expired'> {
  if (kind !== 'rollback' || endedAt === null) return {}
  const expiresAt = new Date(endedAt.getTime() + CERTIFICATE_MS)
  return { issuedAt: endedAt.toISOString(), expiresAt: expiresAt.toISOString(), expired: now >= expiresAt }
}

/** The newest results of a run. */
export async function loadExercises(
  queries: Queries,
  { project, run, now }: { readonly project: string; readonly run: string; readonly now: Date },
  facts: Omit<FlagRolloutFacts, 'exercises'>,
): Promise<ExerciseFacts> {
  const rows = await selectLatestDone(queries, run)
  const kept = <Found>(kind: ExerciseKind): Kept<Found> | undefined => {
    const row = rows.find((it) => it.kind === kind)
    if (row === undefined) return undefined
    const current = startedWith(row) === subjectHash(kind, facts)
    // Results are written by the exercise of this kind alone.
    return {
      id: row.id,
      evidence: row.evidence ?? '',
      current,
      ...lifeOf(row, now),
      found: row.result as Found,
    }
  }
  const verification = kept<VerificationFound>('verification')
  const alert = kept<AlertDrillFound>('alert')
  const rollback = kept<RollbackDrillFound>('rollback')
  const setup = kept<MonitoringFound>('monitoring')
  const sighting = await selectSighting(queries, run)
  return {
    ...(verification === undefined ? {} : { verification }),
    ...(alert === undefined ? {} : { alert }),
    ...(rollback === undefined ? {} : { rollback }),
    monitoring: {
      ...(await monitoringOf(queries, project, facts)),
      ...(setup === undefined ? {} : { setup }),
      ...(sighting === undefined ? {} : { sighting }),
    },
  }
}

/** What is connected for the environment of the plan. */
export async function loadConnected(
  queries: Queries,
  project: string,
  environment: string | undefined,
): Promise<ConnectedFacts> {
  const rows = await selectConnections(queries, project)
  const row = rows.find((it) => it.environment === environment) ?? rows.find((it) => it.environment === null)
  // Parsed by whoever uses it; here only which parts there are.
  const settings = (row?.settings ?? {}) as Readonly<Record<string, unknown>>
  return {
    prometheus: settings['prometheus'] !== undefined,
    alertmanager: settings['alertmanager'] !== undefined,
    grafana: settings['grafana'] !== undefined,
  }
}

async function monitoringOf(
  queries: Queries,
  project: string,
  { flag, outputs }: Omit<FlagRolloutFacts, 'exercises'>,
): Promise<ExerciseFacts['monitoring']> {
  const { plan } = outputs.plan
  if (flag === undefined || plan === undefined) return { status: false, usage: false }
  const { connected } = await countInstances(queries, project, plan.environment)
  const served = await selectServed(queries, project, flag.key)
  return { status: connected > 0, usage: served.length > 0, served }
}

function hashOf(parts: readonly unknown[]): string {
  const json: Json = JSON.parse(JSON.stringify(parts))
  return sha256(canonical(json))
}
