import type { Role } from '@flagmarshal/domain/access/permission'
import { definitionFor } from '@flagmarshal/domain/procedure/alternative'
import type { BrokenGlass } from '@flagmarshal/domain/procedure/broken-glass'
import { featureFlagRollout } from '@flagmarshal/domain/procedure/feature-flag-rollout'
import type { ProcedureDefinition } from '@flagmarshal/domain/procedure/model'
import type { Policy } from '@flagmarshal/domain/procedure/policy'
/**
 * Loading a run with everything that it is judged by: its definition, its feature, and who holds
 * each role.
 */
import { ROLLBACK_VERSIONS } from '@flagmarshal/domain/procedure/rollback'
import type { Actor as DomainActor, Run, Setting } from '@flagmarshal/domain/procedure/run'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { SIGNAL_TYPES } from '@flagmarshal/domain/signal/signal'
import type { TellingDelivery } from '@flagmarshal/domain/signal/told'

import type { Actor } from '../context.ts'
import { policyOf } from '../project/policy.ts'
import { notFound } from '../refusals.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { lockRun, selectFeature, selectLatestRun, selectRun } from '../storage/procedures.ts'
import type { FeatureRow, RunRow } from '../storage/procedures.ts'
import { selectTellings } from '../storage/tellings.ts'
import { brokenGlassOf } from './glass-view.ts'
import { parseRun } from './run-document.ts'

/** The procedures of this version. */
const PROCEDURES: readonly ProcedureDefinition[] = [featureFlagRollout, ...ROLLBACK_VERSIONS]

/** Names a run. */
export interface RunKey {
  readonly project: string
  readonly run: string
}

/** A run with its surroundings. */
export interface Loaded {
  readonly feature: FeatureRow
  readonly run: Run
  readonly setting: Setting
  /** Gates of the feature that were passed in an emergency. */
  readonly brokenGlass: readonly BrokenGlass[]
  /** What became of telling people of the exit; empty while there is none. */
  readonly tellings: readonly TellingDelivery[]
}

/** One run. */
export async function loadRun(queries: Queries, key: RunKey): Promise<Loaded | Refusal> {
  return await withFeature(queries, key, await selectRun(queries, key.project, key.run))
}

/** One run, locked until the transaction ends. */
export async function loadRunLocked(tx: Tx, key: RunKey): Promise<Loaded | Refusal> {
  return await withFeature(tx, key, await lockRun(tx, key.project, key.run))
}

/** The newest run of a feature; undefined where it has none. */
export async function loadLatestRun(queries: Queries, feature: FeatureRow): Promise<Loaded | undefined> {
  const row = await selectLatestRun(queries, feature.project, feature.key)
  return row === undefined ? undefined : await loaded(queries, feature, row)
}

/** A definition by its id, the newest version; undefined where there is none. */
export function definitionOf(id: string): ProcedureDefinition | undefined {
  return PROCEDURES.findLast((it) => it.id === id)
}

/** The names of the procedures that definitions name. */
export function relatedNames(): readonly string[] {
  return PROCEDURES.flatMap((it) => it.related)
}

/** What a feature's runs are judged by. */
export function settingOf(feature: FeatureRow, definition: ProcedureDefinition, policy: Policy): Setting {
  const { technicalLead, operationsLead, productOwner } = feature.roles
  const { deputies } = policy
  const withDeputies = (people: readonly string[], role: Role) => [
    ...new Set([...people, ...(deputies[role] ?? [])]),
  ]
  return {
    project: feature.project,
    feature: feature.key,
    definition,
    people: {
      'technical-lead': withDeputies(technicalLead, 'technical-lead'),
      'operations-lead': withDeputies(operationsLead, 'operations-lead'),
      'product-owner': withDeputies(productOwner, 'product-owner'),
    },
    owner: feature.team,
    stakeholders: feature.stakeholders,
    ...('key' in feature.ticket ? { ticket: feature.ticket.key } : {}),
    policy,
  }
}

/** Who acts, as the procedure sees it: what is no personal token is nobody in particular. */
export function actorOf({ id, tokenKind, roles, proof }: Actor): DomainActor {
  return { id, kind: tokenKind ?? 'admin', roles, ...(proof === undefined ? {} : { proof }) }
}

async function withFeature(
  queries: Queries,
  key: RunKey,
  row: RunRow | undefined,
): Promise<Loaded | Refusal> {
  if (row === undefined) return notFound('run', key.run)
  const feature = await selectFeature(queries, row.project, row.feature)
  if (feature === undefined) return notFound('feature', row.feature)
  return await loaded(queries, feature, row)
}

async function loaded(queries: Queries, feature: FeatureRow, row: RunRow): Promise<Loaded> {
  const policy = await policyOf(queries, row.project)
  const judged = judgedBy(feature, row, policy)
  return {
    ...judged,
    brokenGlass: await brokenGlassOf(queries, row.project, row.feature),
    tellings: await tellingsOf(queries, feature, judged.run),
  }
}

/** A run as stored, and what it is judged by, from rows that have been read. */
export function judgedBy(
  feature: FeatureRow,
  row: RunRow,
  policy: Policy,
): Pick<Loaded, 'feature' | 'run' | 'setting'> {
  const definition = PROCEDURES.find((it) => it.id === row.procedure && it.version === row.procedure_version)
  if (definition === undefined)
    throw new Error(
      `run ${row.id} follows ${row.procedure} ${row.procedure_version}, which this version does not know`,
    )
  const run = parseRun(row.run)
  return { feature, run, setting: settingOf(feature, definitionFor(definition, run), policy) }
}

/** The deliveries of the newest signal of the exit that the run is in, or may be in: blocked is derived. */
export async function tellingsOf(
  queries: Queries,
  { project, key: feature }: FeatureRow,
  { id, state }: Run,
): Promise<readonly TellingDelivery[]> {
  if (state.kind === 'approved') return []
  const exit = state.kind === 'completed' || state.kind === 'aborted' ? state.kind : 'blocked'
  const key = { project, subject: `features/${feature}`, run: id }
  return await selectTellings(queries, key, SIGNAL_TYPES[exit])
}
