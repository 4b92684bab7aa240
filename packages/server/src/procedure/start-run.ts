/**
 * Starting a run (P-T1, P-T2). A feature has one run under way at a time: a later fact belongs to
 * it and starts no second one.
 */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { StartRun } from '@flagmarshal/api/procedure-write'
import { featureFlagRollout } from '@flagmarshal/domain/procedure/feature-flag-rollout'
import { missingSignals } from '@flagmarshal/domain/procedure/remediation'
import type { Run } from '@flagmarshal/domain/procedure/run'
import { lastStep } from '@flagmarshal/domain/procedure/standing'
import { startRun as begin } from '@flagmarshal/domain/procedure/start'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import { policyOf } from '../project/policy.ts'
import { notFound } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Database } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'
import { insertRun, lockFeature, selectLatestRun } from '../storage/procedures.ts'
import type { FeatureRow } from '../storage/procedures.ts'
import { loadFacts } from './facts.ts'
import { brokenGlassOf } from './glass-view.ts'
import { actorOf, settingOf } from './load.ts'
import { observe } from './observe.ts'
import { triggerFact } from './record-trigger.ts'
import { runView } from './run-view.ts'

/** The check that asks for the ticket: it does not apply to a feature that has none. */
const TICKET_CHECK = 'P-S7-4'

/** Starts a run of the feature-flag rollout procedure. Refuses while another one is under way. */
export async function startRun(
  context: Context,
  database: Database,
  key: { readonly project: string; readonly feature: string },
  input: StartRun,
): Promise<RunView | Refusal> {
  return await database.transaction(async (tx) => {
    const feature = await lockFeature(tx, key.project, key.feature)
    if (feature === undefined) return notFound('feature', key.feature)
    const latest = await selectLatestRun(tx, key.project, key.feature)
    if (latest !== undefined && latest.state !== 'completed' && latest.state !== 'aborted') {
      return refuse(
        'run-under-way',
        `Run ${latest.id} of ${feature.key} is ${latest.state}.`,
        'Go on with it, or abort it. A later fact is added with POST …/triggers.',
      )
    }
    const setting = settingOf(feature, featureFlagRollout, await policyOf(tx, key.project))
    const { correlationId } = input
    const run = begin(
      setting,
      {
        id: newId('run'),
        triggers: input.triggers.map((it) => triggerFact(it, context.now)),
        by: actorOf(context.actor),
        ...(correlationId === undefined ? {} : { correlationId }),
      },
      context.now,
    )
    if (isRefusal(run)) return run
    const prepared = withoutTicket(feature, run, context.now)
    const facts = await loadFacts(tx, feature, prepared, { now: context.now, members: false })
    const seen = observe(setting, prepared, { facts, now: context.now })
    await insertRun(tx, {
      id: seen.id,
      project: feature.project,
      feature: feature.key,
      procedure: seen.procedure.id,
      procedure_version: seen.procedure.version,
      state: seen.state.kind,
      revision: seen.revision,
      started_at: context.now,
      updated_at: context.now,
      run: toJson(seen),
    })
    for (const signal of missingSignals(setting, undefined, seen)) {
      const dedupKey = `${seen.id}/${signal.type}/${seen.revision}`
      await emit(tx, context, { ...signal, project: feature.project, dedupKey })
    }
    await record(tx, context, {
      chain: { project: feature.project },
      action: 'run.start',
      subject: { kind: 'run', id: seen.id },
      after: { feature: feature.key, procedure: seen.procedure, triggers: seen.triggers, correlationId },
      run: seen.id,
    })
    const brokenGlass = await brokenGlassOf(tx, feature.project, feature.key)
    return runView({ feature, setting, run: seen, brokenGlass, tellings: [] })
  })
}

/** P-E12: whoever registered the feature has said why there is no ticket to update. */
function withoutTicket(feature: FeatureRow, run: Run, now: Date): Run {
  const { ticket } = feature
  if (!('none' in ticket)) return run
  const aside = { check: TICKET_CHECK, reason: ticket.none, by: feature.created_by, at: now }
  const last = lastStep(featureFlagRollout).number
  const steps = run.steps.map((it) => (it.number === last ? { ...it, notApplicable: [aside] } : it))
  return { ...run, steps }
}
