/** Whether a gate of a feature is open (P-O3), for pipelines, flags and rollouts. */
import type { Gate as GateView } from '@flagmarshal/api/procedure-run'
import type { FlagGate } from '@flagmarshal/domain/flag/enable'
import { glassNote, glassOf } from '@flagmarshal/domain/procedure/broken-glass'
import { featureFlagRollout } from '@flagmarshal/domain/procedure/feature-flag-rollout'
import { gateOf, parseGate } from '@flagmarshal/domain/procedure/gate'
import type { Gate } from '@flagmarshal/domain/procedure/gate'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectFeature, selectFeatureOfFlag, selectLatestRun } from '../storage/procedures.ts'
import { presentBundle } from './bundle.ts'
import { loadFacts } from './facts.ts'
import { loadLatestRun } from './load.ts'
import type { Loaded } from './load.ts'
import { blockerView, nextView } from './next-view.ts'
import { observe } from './observe.ts'
import { seenRun } from './show-run.ts'
import { isRolledOut, stageOf } from './stage.ts'

/** The gate by its name, of the newest run of a feature. */
export async function showGate(
  context: Context,
  database: Database,
  key: { readonly project: string; readonly feature: string },
  gate: string,
): Promise<GateView | Refusal> {
  const feature = await selectFeature(database.kysely, key.project, key.feature)
  if (feature === undefined) return notFound('feature', key.feature)
  const name = parseGate(featureFlagRollout, gate)
  if (name === undefined)
    return refuse(
      'invalid',
      `There is no gate ${gate}.`,
      'Use flags-ready, plan-approved or stage:n.',
      '/gate',
    )
  const latest = await selectLatestRun(database.kysely, key.project, key.feature)
  if (latest === undefined) return withoutRun(gate, key)
  const loaded = await seenRun(context, database, { project: key.project, run: latest.id })
  if (isRefusal(loaded)) return loaded
  const facts = await loadFacts(database.kysely, feature, loaded.run, { now: context.now, members: false })
  const stage = await stageOf(database.kysely, key.project, key.feature)
  const presentHash = presentBundle(loaded, facts).hash
  const answer = gateOf(loaded.setting, loaded.run, name, {
    presentHash,
    ...(stage === undefined ? {} : { stage }),
  })
  return gateView(gate, loaded, behindGlass(answer, loaded, gate, context.now))
}

/**
 * Whether the plan of the feature behind a flag is approved, for this environment. Reads only: what
 * has changed unnoticed closes the gate here, and is stored by whoever looks at the run.
 */
export async function flagGate(
  queries: Queries,
  now: Date,
  place: { readonly project: string; readonly flag: string; readonly environment: string },
): Promise<FlagGate> {
  const feature = await selectFeatureOfFlag(queries, place.project, place.flag)
  if (feature === undefined) return { kind: 'no-feature' }
  const loaded = await loadLatestRun(queries, feature)
  const closed = (running: boolean, ...blockers: readonly string[]): FlagGate => ({
    kind: 'closed',
    feature: feature.key,
    blockers,
    running,
  })
  if (loaded === undefined) return closed(false, 'the feature has no run of the procedure')
  const facts = await loadFacts(queries, feature, loaded.run, { now, members: false })
  const run = observe(loaded.setting, loaded.run, { facts, now })
  const presentHash = presentBundle({ ...loaded, run }, facts).hash
  const gate = gateOf(loaded.setting, run, { milestone: 'plan-approved' }, { presentHash })
  if (glassOf(loaded.brokenGlass, 'plan-approved', now) !== undefined)
    return { kind: 'open', by: 'broken-glass' }
  if (await isRolledOut(queries, { project: place.project, feature: feature.key, run: run.id }))
    return closed(false, 'its rollout is complete')
  const running = run.state.kind !== 'aborted'
  if (!gate.open) return closed(running, ...gate.blockers.map((it) => it.message))
  const approvedFor = facts.outputs.plan.plan?.environment
  return approvedFor === place.environment
    ? { kind: 'open', by: 'plan' }
    : closed(running, `the approved plan is for ${approvedFor}`)
}

/** A gate that is closed, or is held open by an emergency. */
// oxlint-disable-next-line max-params -- private, and each of them is asked
function behindGlass(answer: Gate, { brokenGlass }: Loaded, gate: string, now: Date): Gate {
  const notes = brokenGlass.filter((it) => it.gate === gate && (it.review === undefined || now < it.until))
  const broken = glassOf(brokenGlass, gate, now)
  const noted = { ...answer, notes: [...answer.notes, ...notes.map(glassNote)] }
  return answer.open || broken === undefined ? noted : { ...noted, open: true, blockers: [], next: [] }
}

/** The refusal for a pipeline that must not go on. */
export function gateNotOpen({ gate, blockers }: GateView): Refusal {
  const reasons = blockers.map((it) => it.message).join(' ')
  const remedies = [...new Set(blockers.map((it) => it.remedy))].join(' ')
  return refuse('gate-not-open', `The gate ${gate} is closed. ${reasons}`, remedies)
}

function gateView(gate: string, { feature, run }: Loaded, answer: Gate): GateView {
  const address = { project: feature.project, feature: feature.key, run: run.id }
  return {
    gate,
    open: answer.open,
    state: run.state.kind,
    run: run.id,
    notes: [...answer.notes],
    blockers: answer.blockers.map(blockerView),
    nextActions: answer.next.map((it) => nextView(address, it)),
  }
}

function withoutRun(
  gate: string,
  { project, feature }: { readonly project: string; readonly feature: string },
): GateView {
  return {
    gate,
    open: false,
    state: 'no-run',
    run: null,
    notes: [],
    blockers: [
      {
        code: 'no-run',
        message: `The feature ${feature} has no run of the procedure.`,
        remedy: 'Start one.',
        who: [],
        role: null,
        step: null,
      },
    ],
    nextActions: [
      {
        title: 'Start a run',
        who: [],
        role: null,
        method: 'POST',
        path: `/api/v1/projects/${project}/features/${feature}/runs`,
        command: `flagmarshal feature start ${feature} --trigger feature_ready=ready`,
      },
    ],
  }
}
