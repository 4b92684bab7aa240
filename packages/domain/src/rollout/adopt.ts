/**
 * Taking over a plan that was changed and approved anew, while the rollout runs.
 *
 * The rollout stays where it stands: at the same stage and percent. The evidence of a criterion is
 * kept where its metric and the two variants are the same; what it means has not changed then.
 * Whoever is exposed stays exposed, so a plan without the present place is refused.
 */
import type { Criterion } from '../analysis/model.ts'
import { refuse, type Refusal } from '../refusal.ts'
import type { Position, Rollout, RolloutPlan, RolloutState } from './model.ts'
import { exposedPercents, percentOf, positionOf, stageOf, type Step } from './position.ts'
import type { ServedPlan } from './served-plan.ts'

/** The rollout under its new plan, and the criteria whose evidence begins anew. */
export interface Adopted {
  readonly rollout: Rollout
  readonly dropped: readonly string[]
}

/** Puts the rollout under the new plan, or says why it needs a new attempt. */
export function adoptPlan(before: ServedPlan, after: ServedPlan, rollout: Rollout): Adopted | Refusal {
  const fixed = ['environment', 'treatment', 'control', 'bucketBy', 'windowMs'] as const
  const moved = fixed.filter((name) => before[name] !== after[name])
  if (moved.length > 0) return needsAttempt(`the plan changes ${moved.join(', ')}`)
  const position = positionOf(rollout)
  if (position === undefined) return needsAttempt('the rollout is not under way')
  const place = placeIn(before, after, position)
  if (place === undefined) return needsAttempt('the plan has no longer the stage and the percent of now')
  if (position.kind === 'running' && place.kind === 'running' && takesOut(before, after, position, place))
    return needsAttempt('the plan would take people out who are exposed')

  const kept = after.criteria.filter((it) =>
    before.criteria.some((old) => old.id === it.id && measuresTheSame(old, it)),
  )
  const keptIds = new Set(kept.map((it) => it.id))
  const evidence = Object.fromEntries(Object.entries(rollout.evidence).filter(([id]) => keptIds.has(id)))
  const { approval: _, ...others } = rollout
  return {
    rollout: {
      ...others,
      evidence,
      state: stateAt(rollout.state, place),
      version: rollout.version + 1,
    },
    dropped: after.criteria.filter((it) => it.role !== 'report' && !keptIds.has(it.id)).map((it) => it.id),
  }
}

/** The same place in the new plan: the stage of that name, at the same percent of its audience. */
function placeIn(before: RolloutPlan, after: RolloutPlan, position: Position): Position | undefined {
  if (position.kind === 'observing') return position
  const { name, audience } = stageOf(before, position.stage)
  const stage = after.stages.findIndex((it) => it.name === name && it.audience.id === audience.id)
  if (stage < 0) return undefined
  const percent = percentOf(before, position)
  const increment = stageOf(after, stage).increments.findIndex(
    (_, index) => percentOf(after, { stage, increment: index }) === percent,
  )
  return increment < 0 ? undefined : { ...position, stage, increment }
}

// oxlint-disable-next-line max-params -- two plans, and a place in each
function takesOut(before: RolloutPlan, after: RolloutPlan, from: Step, to: Step): boolean {
  const now = exposedPercents(after, to)
  return [...exposedPercents(before, from)].some(([audience, percent]) => (now.get(audience) ?? 0) < percent)
}

/** Its metric, and what counts as bad in it, are the same; a ceiling or ratio may be another one. */
function measuresTheSame(a: Criterion, b: Criterion): boolean {
  if (a.role === 'report' || b.role === 'report') return a.role === b.role
  return JSON.stringify(a.source) === JSON.stringify(b.source)
}

function stateAt(state: RolloutState, place: Position): RolloutState {
  return state.kind === 'held' || state.kind === 'paused' ? { ...state, from: place } : place
}

function needsAttempt(why: string): Refusal {
  return refuse(
    'plan-needs-new-attempt',
    `${why}: that is not the same rollout`,
    'roll back and start a new attempt; it exposes the same people first',
  )
}
