/** Runs of hooks: asking for one, looking at it, confirming the plan of a data hook. */
import type { HookRun, RunHook } from '@flagmarshal/api/hook'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { planHash } from '@flagmarshal/domain/rollback/hook-run'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId, sha256 } from '../id.ts'
import { notFound } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Database, Tx } from '../storage/database.ts'
import {
  insertHookRun,
  lockHookRun,
  selectHookRun,
  selectHookRuns,
  updateHookRun,
} from '../storage/hook-runs.ts'
import type { HookRunRow } from '../storage/hook-runs.ts'
import { selectHook } from '../storage/hooks.ts'
import type { HookKey } from '../storage/hooks.ts'
import type { HookParameters } from '../storage/tables/hook.ts'
import { hookRunView } from './view.ts'

/** A run as it is wanted. */
export interface WantedRun extends HookKey {
  /** Of the hook; the newest unless named. */
  readonly version?: number
  readonly mode: 'dry-run' | 'run'
  readonly target: 'production' | 'staging'
  readonly purpose: HookRunRow['purpose']
  readonly subject?: string
  /** Two wishes with the same key are one run. */
  readonly dedupKey?: string
  readonly parameters: HookParameters
  /** Looked at again and again afterwards; absent: not. */
  readonly watch?: { readonly everyMs: number; readonly forMs: number }
}

/** Asks for a run, in a transaction of the caller. A hook without a staging target has none there. */
export async function requestHookRun(
  tx: Tx,
  context: Context,
  wanted: WantedRun,
): Promise<HookRunRow | Refusal> {
  const { project, hook, mode, target, purpose, subject, parameters, watch } = wanted
  const row = await selectHook(tx, wanted, wanted.version)
  if (row === undefined)
    return notFound('hook', wanted.version === undefined ? hook : `${hook} in version ${wanted.version}`)
  const { staging, part } = row.definition
  if (target === 'staging' && 'none' in staging) {
    return refuse(
      'no-staging-target',
      `The hook ${hook} has no staging target: ${staging.none}.`,
      'Try it with a dry run in production.',
      '/target',
    )
  }
  const id = newId('hookrun')
  const stored = await insertHookRun(tx, {
    id,
    project,
    hook,
    version: row.version,
    part,
    mode,
    target,
    purpose,
    subject: subject ?? null,
    dedup_key: wanted.dedupKey ?? id,
    parameters: toJson(parameters),
    state: 'waiting',
    phases: toJson([]),
    begun: null,
    watch: toJson({ everyMs: watch?.everyMs ?? 0, forMs: watch?.forMs ?? 0, looks: [], count: 0 }),
    confirmed: null,
    problem: null,
    claimed_until: null,
    watch_until: null,
    started_by: context.actor.id,
    ended_at: null,
  })
  if (stored.id === id) {
    await record(tx, context, {
      chain: { project },
      action: 'hook.run',
      subject: { kind: 'hook', id: hook },
      after: {
        hookRun: id,
        version: row.version,
        hash: row.hash,
        mode,
        target,
        purpose,
        subject,
        parameters,
      },
    })
  }
  return stored
}

/** Tries a hook out. What is run in production belongs to a rollback. */
export async function tryHook(
  context: Context,
  database: Database,
  key: HookKey,
  { mode, target, goBackTo: version, feature = '' }: RunHook,
): Promise<HookRun | Refusal> {
  if (mode === 'run' && target === 'production') {
    return refuse(
      'belongs-to-a-rollback',
      'A hook is run in production by a rollback that was approved, not by itself.',
      'Start a rollback, or use a dry run.',
      '/mode',
    )
  }
  return await database.transaction(async (tx) => {
    const parameters = { version, feature, flag: '', environment: target }
    const run = await requestHookRun(tx, context, { ...key, mode, target, purpose: 'trial', parameters })
    return isRefusal(run) ? run : hookRunView(run)
  })
}

/** One run. */
export async function showHookRun(
  { kysely }: Database,
  project: string,
  id: string,
): Promise<HookRun | Refusal> {
  const row = await selectHookRun(kysely, project, id)
  return row === undefined ? notFound('run of a hook', id) : hookRunView(row)
}

/** The runs of a hook, newest first. */
export async function listHookRuns(
  { kysely }: Database,
  key: HookKey,
): Promise<readonly HookRun[] | Refusal> {
  if ((await selectHook(kysely, key)) === undefined) return notFound('hook', key.hook)
  return (await selectHookRuns(kysely, key.project, key.hook)).map(hookRunView)
}

/** Confirms the plan of a data hook: this person, for this plan; it is then applied. */
export async function confirmHookRun(
  context: Context,
  database: Database,
  key: { readonly project: string; readonly hookRun: string },
  plan: string,
): Promise<HookRun | Refusal> {
  const { actor } = context
  if (actor.kind !== 'person' || actor.tokenKind !== 'user') {
    return refuse(
      'needs-a-person',
      'Data is put back only after a person has confirmed it.',
      'Use the personal token of somebody who holds a lead role.',
    )
  }
  return await database.transaction(async (tx) => {
    const row = await lockHookRun(tx, key.project, key.hookRun)
    if (row === undefined) return notFound('run of a hook', key.hookRun)
    if (row.confirmed?.plan === plan) return hookRunView(row)
    if (row.state !== 'awaiting_confirmation') {
      return refuse(
        'nothing-to-confirm',
        `The run is ${row.state.replaceAll('_', ' ')}.`,
        'Only a data hook that has planned and verified waits for a confirmation.',
      )
    }
    const present = planHash(row.phases, sha256)
    if (present !== plan) {
      return refuse(
        'another-plan',
        `The plan hashes to ${present}, not to what was confirmed.`,
        'Read the plan again, and confirm its hash.',
        '/plan',
      )
    }
    const confirmed = { plan, by: actor.id, at: context.now.toISOString() }
    const stored = await updateHookRun(tx, row.id, { state: 'waiting', confirmed, dueInMs: 0 })
    await record(tx, context, {
      chain: { project: row.project },
      action: 'hook.confirm',
      subject: { kind: 'hook', id: row.hook },
      after: { hookRun: row.id, plan, result: row.phases[0]?.result },
    })
    return hookRunView(stored)
  })
}
