/**
 * What follows by itself, looked at every second: a kill or a rollback that did not help begins the
 * rollback procedure and its approved code hook; a report that is an approved trigger starts a rollback
 * (P-X4). Two servers may both look: each cause is followed once.
 */
import type { TriggerBound } from '@flagmarshal/domain/procedure/feature-flag-rollout/outputs'
import { isRefusal } from '@flagmarshal/domain/refusal'
import { SEVERITIES } from '@flagmarshal/domain/signal/report'
import { z } from 'zod'

import type { Clock } from '../clock.ts'
import { system } from '../context.ts'
import type { Context, Log } from '../context.ts'
import type { FlagParts } from '../flag/ports.ts'
import { newId } from '../id.ts'
import type { RolloutParts } from '../rollout/ports.ts'
import { selectSignalByKey } from '../storage/alerts.ts'
import type { Database, Stop, Tx } from '../storage/database.ts'
import { noteKillFollowed, selectUnfollowedKills } from '../storage/kill-watches.ts'
import type { KillWatchRow } from '../storage/kill-watches.ts'
import { emit } from '../storage/outbox.ts'
import { selectFeatureOfFlag } from '../storage/procedures.ts'
import { selectRecentReports } from '../storage/reports.ts'
import type { ReportRow } from '../storage/reports.ts'
import { selectFailedRollbacks } from '../storage/rollouts.ts'
import { loadRunLocked } from './load.ts'
import { requestRollbackHook } from './rollback-hooks.ts'
import {
  approvedProceduresOf,
  beginRollback,
  followRollout,
  isExposed,
  startRollback,
} from './start-rollback.ts'

const EVERY_MS = 1_000

type Parts = RolloutParts & FlagParts & { readonly clock: Clock; readonly log: Log }

/** Starts to look. */
export function followRollbacks(parts: Parts): Stop {
  const { clock, log } = parts
  const stopping = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(EVERY_MS, stopping.signal)
      if (stopping.signal.aborted) return
      const context = { actor: system('procedure'), requestId: newId('watch'), now: clock.now(), log }
      await look(context, parts).catch((error: unknown) =>
        log.warn({ err: error }, 'what follows rollbacks could not be looked at'),
      )
    }
  })()
  return async () => {
    stopping.abort()
    await running
  }
}

async function look(context: Context, parts: Parts): Promise<void> {
  const { database } = parts
  for (const kill of await selectUnfollowedKills(database.kysely)) await followKill(context, database, kill)
  for (const rollout of await selectFailedRollbacks(database.kysely)) {
    await followRollout(context, { database }, rollout)
    await followFailedRollout(context, database, rollout)
  }
  for (const report of await selectRecentReports(database.kysely)) await followReport(context, parts, report)
}

/** A kill that has not helped: the procedure begins, and the approved code hook with it. */
async function followKill(context: Context, database: Database, kill: KillWatchRow): Promise<void> {
  await database.transaction(async (tx) => {
    if (!(await noteKillFollowed(tx, kill.kill))) return
    const feature = await selectFeatureOfFlag(tx, kill.project, kill.flag)
    if (feature === undefined) return
    const approved = await approvedProceduresOf(tx, feature)
    // Elsewhere than where it is rolled out nothing was approved to be put back.
    if (approved === null || !(await isExposed(tx, feature, kill.environment))) return
    const reason = `the kill in ${kill.environment} did not help: ${kill.found?.said ?? 'it is not known why'}`
    const disabled = [{ environment: kill.environment, how: 'kill' as const, id: kill.kill }]
    const run = await beginRollback(tx, context, feature, { reason, disabled })
    if (!isRefusal(run)) await putCodeBack(tx, context, feature.project, run)
  })
}

async function followFailedRollout(
  context: Context,
  database: Database,
  { project, feature: key }: { readonly project: string; readonly feature: string },
): Promise<void> {
  await database.transaction(async (tx) => {
    const run = await beginRollback(tx, context, { project, key }, undefined)
    if (!isRefusal(run)) await putCodeBack(tx, context, project, run)
  })
}

/** The approved code hook; nothing where none is approved, or one runs already. */
async function putCodeBack(tx: Tx, context: Context, project: string, run: string): Promise<void> {
  const loaded = await loadRunLocked(tx, { project, run })
  if (isRefusal(loaded)) return
  const asked = await requestRollbackHook(tx, context, loaded, { part: 'code', mode: 'run', byItself: true })
  if (isRefusal(asked)) context.log.info({ run, why: asked.code }, 'rollback.code-hook')
}

/** A report that an approved trigger names starts a rollback, if anybody has the feature. */
async function followReport(context: Context, parts: Parts, report: ReportRow): Promise<void> {
  const { database } = parts
  const { project, feature: key, id } = report
  if (key === null) return
  const dedupKey = `rollback-trigger/${id}`
  if ((await selectSignalByKey(database.kysely, `${project}/${dedupKey}`)) !== undefined) return
  const cause = await database.transaction(async (tx) => await causeOf(tx, { project, key, report }))
  if (cause === undefined) return
  const reason = `${cause}: ${report.text}`.slice(0, 2_000)
  const started = await startRollback(context, parts, { project, feature: key }, reason)
  if (isRefusal(started)) {
    context.log.error({ report: id, why: started.message }, 'rollback.trigger')
    return
  }
  await database.transaction((tx) =>
    emit(tx, context, {
      type: 'dev.flagmarshal.rollback.triggered',
      project,
      subject: `features/${key}`,
      data: { rollback: started.id, feature: key, report: id, text: reason, page: true },
      dedupKey,
    }),
  )
}

const Triggers = z.array(z.looseObject({ event: z.string(), bound: z.record(z.string(), z.string()) }))

/** The event of the approved trigger that a report is; undefined where none is, or nobody has the feature. */
async function causeOf(
  tx: Tx,
  { project, key, report }: { readonly project: string; readonly key: string; readonly report: ReportRow },
): Promise<string | undefined> {
  const procedures = await approvedProceduresOf(tx, { project, key })
  const triggers = Triggers.safeParse(procedures?.content['triggers']).data ?? []
  // Each was parsed with the schema of step 5 before it was approved.
  const found = triggers.find(({ bound }) => fits(bound as TriggerBound, report))
  if (found === undefined || !(await isExposed(tx, { project, key }))) return undefined
  return found.event
}

function fits(bound: TriggerBound, { kind, severity, alert }: ReportRow): boolean {
  if ('alert' in bound) return alert === bound.alert
  if (!('report' in bound)) return false
  return kind === bound.report && SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(bound.severity)
}
