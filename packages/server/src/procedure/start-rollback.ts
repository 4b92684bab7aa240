/**
 * Starting a rollback (P-RB): the feature is turned off before anything else, and nothing of the
 * procedure can keep that from happening. Then a run of the rollback procedure begins, with the
 * approved procedures that it follows; while one is under way a second start only turns off again.
 */
import type { RollbackRun } from '@flagmarshal/api/rollback-run'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { rollback, TRIGGER_INPUT } from '@flagmarshal/domain/procedure/rollback'
import type { JsonObject } from '@flagmarshal/domain/procedure/run'
import { startRun } from '@flagmarshal/domain/procedure/start'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { decisionSentence } from '@flagmarshal/domain/rollout/sentence'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { killFlag } from '../flag/kill.ts'
import type { FlagParts } from '../flag/ports.ts'
import { newId, sha256 } from '../id.ts'
import { policyOf } from '../project/policy.ts'
import { notFound } from '../refusals.ts'
import { operateRollout } from '../rollout/operate-rollout.ts'
import type { RolloutParts } from '../rollout/ports.ts'
import { toJson } from '../storage/column.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { selectFlagConfigs } from '../storage/flags.ts'
import {
  insertRun,
  lockFeature,
  selectBundle,
  selectFeature,
  selectLatestRollback,
} from '../storage/procedures.ts'
import type { FeatureRow } from '../storage/procedures.ts'
import { selectEnvironments } from '../storage/projects.ts'
import { selectRollouts } from '../storage/rollouts.ts'
import { actorOf, loadLatestRun, settingOf } from './load.ts'
import { showRollback } from './rollback-run.ts'

/** What turned the feature off in one environment. */
export interface Disabled {
  readonly environment: string
  readonly how: 'rollout' | 'kill' | 'off_already'
  readonly id: string | null
}

/** The states in which a rollout owns the rule that exposes people. */
const EXPOSING: ReadonlySet<string> = new Set(['observing', 'running', 'held', 'paused', 'completed'])

/** Turns the feature off and begins the procedure. */
export async function startRollback(
  context: Context,
  parts: RolloutParts & FlagParts,
  { project, feature: key }: { readonly project: string; readonly feature: string },
  reason: string,
): Promise<RollbackRun | Refusal> {
  const feature = await selectFeature(parts.database.kysely, project, key)
  if (feature === undefined) return notFound('feature', key)
  const disabled = await disable(context, parts, feature, reason)
  if (isRefusal(disabled)) return disabled
  const run = await beginRun(context, parts, feature, { reason, disabled })
  return isRefusal(run) ? run : await showRollback(context, parts.database, { project, run })
}

/** Begins the procedure for a rollout that the engine has rolled back, unless that has been done. */
export async function followRollout(
  context: Context,
  parts: Pick<RolloutParts, 'database'>,
  { project, feature: key }: { readonly project: string; readonly feature: string },
): Promise<void> {
  const { kysely } = parts.database
  const [latest] = await selectRollouts(kysely, project, { feature: key, limit: 1 })
  const feature = await selectFeature(kysely, project, key)
  if (latest?.rolledBackAt === undefined || feature === undefined) return
  const begun = await selectLatestRollback(kysely, project, key)
  if (begun !== undefined && JSON.stringify(begun.run).includes(latest.id)) return
  const { state } = latest.rollout
  const reason =
    'cause' in state
      ? decisionSentence(latest.plan, { kind: 'roll-back', cause: state.cause })
      : 'the rollout was rolled back'
  const disabled = [{ environment: latest.environment, how: 'rollout' as const, id: latest.id }]
  await beginRun(context, parts, feature, { reason, disabled })
}

/** The rollout serves control again where one owns a rule; elsewhere in production the flag is killed. */
// oxlint-disable-next-line max-params -- private, and each of them is asked
async function disable(
  context: Context,
  parts: RolloutParts & FlagParts,
  { project, key, flag }: FeatureRow,
  reason: string,
): Promise<readonly Disabled[] | Refusal> {
  const { kysely } = parts.database
  const [latest] = await selectRollouts(kysely, project, { feature: key, limit: 1 })
  const exposing = latest !== undefined && EXPOSING.has(latest.rollout.state.kind) ? latest : undefined
  const disabled: Disabled[] = []
  if (latest?.rollout.state.kind === 'scheduled') {
    const cancelled = await operateRollout(context, parts, {
      project,
      rollout: latest.id,
      act: 'abort',
      reason,
    })
    if (isRefusal(cancelled)) return cancelled
  }
  if (exposing !== undefined) {
    const wanted = { project, rollout: exposing.id, act: 'rollback' as const, reason }
    const rolled = await operateRollout(context, parts, wanted)
    if (isRefusal(rolled)) return rolled
    disabled.push({ environment: exposing.environment, how: 'rollout', id: exposing.id })
  }
  const configs = await selectFlagConfigs(kysely, project, flag)
  const guarded = (await selectEnvironments(kysely, project)).filter((it) => it.protected)
  for (const { key: environment } of guarded.filter((it) => it.key !== exposing?.environment)) {
    if (configs.find((it) => it.environment === environment)?.enabled !== true) {
      disabled.push({ environment, how: 'off_already', id: null })
      continue
    }
    const kill = await killFlag(context, parts, { project, environment, flag }, reason)
    if (isRefusal(kill)) return kill
    disabled.push({ environment, how: 'kill', id: kill.id })
  }
  return disabled
}

/** What set it off, and what has turned the feature off. */
interface Begun {
  readonly reason: string
  readonly disabled: readonly Disabled[]
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function beginRun(
  context: Context,
  { database }: Pick<RolloutParts, 'database'>,
  feature: FeatureRow,
  trigger: Begun,
): Promise<string | Refusal> {
  return await database.transaction((tx) => beginRollback(tx, context, feature, trigger))
}

/**
 * The rollback that is under way, or a new one; its id. Without a trigger none is begun, and the newest
 * one is answered.
 */
// oxlint-disable-next-line max-params -- the transaction, who acts, of what, and why
export async function beginRollback(
  tx: Tx,
  context: Context,
  { project, key }: Pick<FeatureRow, 'project' | 'key'>,
  trigger: Begun | undefined,
): Promise<string | Refusal> {
  const feature = await lockFeature(tx, project, key)
  if (feature === undefined) return notFound('feature', key)
  const open = await selectLatestRollback(tx, project, key)
  if (open !== undefined && (open.state !== 'completed' || trigger === undefined)) return open.id
  if (trigger === undefined) return notFound('rollback of', key)
  const setting = settingOf(feature, rollback, await policyOf(tx, project))
  const value: JsonObject = JSON.parse(
    JSON.stringify({ ...trigger, procedures: await approvedProcedures(tx, feature) }),
  )
  const verdict = { ok: true, checked: 'machine' as const, findings: [] }
  const run = startRun(
    setting,
    {
      id: newId('run'),
      triggers: [{ kind: 'rollback', state: 'needed', source: trigger.reason, at: context.now }],
      inputs: { [TRIGGER_INPUT]: { value, by: context.actor.id, at: context.now, verdict } },
      by: actorOf(context.actor),
    },
    context.now,
  )
  if (isRefusal(run)) return run
  await insertRun(tx, {
    id: run.id,
    project,
    feature: key,
    procedure: run.procedure.id,
    procedure_version: run.procedure.version,
    state: run.state.kind,
    revision: run.revision,
    started_at: context.now,
    updated_at: context.now,
    run: toJson(run),
  })
  await record(tx, context, {
    chain: { project },
    action: 'rollback.start',
    subject: { kind: 'run', id: run.id },
    after: { feature: key, ...value },
    reason: trigger.reason,
    run: run.id,
  })
  return run.id
}

/** Whether anybody may have the feature: its rollout exposes, or its flag is or was on where that is guarded. */
export async function isExposed(
  queries: Queries,
  { project, key }: Pick<FeatureRow, 'project' | 'key'>,
  killedIn?: string,
): Promise<boolean> {
  const feature = await selectFeature(queries, project, key)
  if (feature === undefined) return false
  const guarded = (await selectEnvironments(queries, project))
    .filter((it) => it.protected)
    .map((it) => it.key)
  if (killedIn !== undefined) return guarded.includes(killedIn)
  const [latest] = await selectRollouts(queries, project, { feature: key, limit: 1 })
  if (latest !== undefined && EXPOSING.has(latest.rollout.state.kind)) return true
  const configs = await selectFlagConfigs(queries, project, feature.flag)
  return configs.some((it) => it.enabled && guarded.includes(it.environment))
}

/** The approved rollback procedures of a feature; null where none were approved. */
export async function approvedProceduresOf(
  queries: Queries,
  { project, key }: Pick<FeatureRow, 'project' | 'key'>,
): Promise<{ readonly hash: string; readonly content: JsonObject } | null> {
  const feature = await selectFeature(queries, project, key)
  return feature === undefined ? null : await approvedProcedures(queries, feature)
}

/** The rollback procedures of the bundle that was approved last, with their hash; null where there is none. */
async function approvedProcedures(
  queries: Queries,
  feature: FeatureRow,
): Promise<{ readonly run: string; readonly hash: string; readonly content: JsonObject } | null> {
  const loaded = await loadLatestRun(queries, feature)
  const approved = loaded?.run.lastApproved
  if (loaded === undefined || approved === undefined) return null
  const bundle = await selectBundle(queries, loaded.run.id, approved.bundleHash)
  const content = JSON.parse(JSON.stringify(bundle?.content ?? {})) as {
    readonly steps?: readonly { readonly id: string; readonly output: JsonObject }[]
  }
  const procedures = content.steps?.find((it) => it.id === 'rollback')?.output
  if (procedures === undefined) return null
  return { run: loaded.run.id, hash: sha256(canonical(procedures)), content: procedures }
}
