/** What is known of a rollback: who has confirmed it, and what telemetry has counted since. */
import type { Breach, Guardrail, Measurement } from '@flagmarshal/domain/analysis/model'
import { exposureLeft, recoveryOf, rollbackDeadline } from '@flagmarshal/domain/rollback/outcome'
import type { AfterWindow, ExposureLeft, Recovery, RollbackFacts } from '@flagmarshal/domain/rollback/outcome'
import { shownState } from '@flagmarshal/domain/rollback/verify'
import type { ShownState, Verification as Counted } from '@flagmarshal/domain/rollback/verify'
import type { RolloutPlan } from '@flagmarshal/domain/rollout/model'
import { audiencesOf, guardrailsOf } from '@flagmarshal/domain/rollout/position'
import { windowBoundary } from '@flagmarshal/domain/rollout/schedule'

import { measureCriteria } from '../analysis/sources.ts'
import type { SourceParts } from '../analysis/sources.ts'
import { armsOf } from '../analysis/telemetry-windows.ts'
import { readWindows } from '../delivery/windows.ts'
import type { ClosedWindow } from '../delivery/windows.ts'
import { readVerification } from '../flag/verification.ts'
import type { Verification } from '../flag/verification.ts'
import type { Queries } from '../storage/database.ts'
import type { StoredRollout } from '../storage/rollouts.ts'

/** A rollback with its verification. */
export interface Rollback {
  readonly facts: RollbackFacts
  readonly verification: Verification
}

/** What the verification of a rollback found, as plain JSON: kept when it ends. */
export interface RollbackFound {
  readonly verification: Omit<Counted, 'instances'> & {
    readonly revision: number
    readonly instances: readonly ShownState[]
  }
  readonly exposure: ExposureLeft
  readonly recovery: Recovery
}

/**
 * The rollback of an attempt as it stands at `now`, the database's time; undefined where there is
 * none. Without sources a criterion that is counted elsewhere is not asked for: nothing is known of it.
 */
// oxlint-disable-next-line max-params -- what everything here takes, and what only the controller has
export async function rollbackOf(
  queries: Queries,
  stored: StoredRollout,
  now: Date,
  sources?: SourceParts,
): Promise<Rollback | undefined> {
  const { rolledBackAt: at, verification: id } = stored
  if (at === undefined || id === undefined) return undefined
  const verification = await readVerification(queries, id, now)
  if (verification === undefined) throw new Error(`there is no verification ${id}`)

  const breach = breachOf(stored)
  const { ceiling } = criterionOf(stored, breach)
  const facts: RollbackFacts = {
    at,
    windowMs: stored.plan.windowMs,
    verification,
    windows: await windowsSince(queries, stored, { at, now }, sources),
    ...(breach && { before: breach.exposed }),
    ...(ceiling === undefined ? {} : { ceiling }),
  }
  return { facts, verification }
}

/** What it amounts to, as plain JSON. */
export function foundOf({ facts, verification }: Rollback): RollbackFound {
  const { state, total, confirmed, pending, lost, revision, instances } = verification
  return {
    verification: {
      state,
      total,
      confirmed,
      pending,
      lost,
      revision,
      instances: instances.map(shownState),
    },
    exposure: exposureLeft(facts),
    recovery: recoveryOf(facts),
  }
}

/** The breach that rolled an attempt back; undefined where a person or blindness did. */
export function breachOf({ rollout }: Pick<StoredRollout, 'rollout'>): Breach | undefined {
  const { state } = rollout
  return 'cause' in state && state.cause.kind === 'harm' ? state.cause.breach : undefined
}

/** The criterion that spoke; where none did, the plan's first guardrail. */
export function criterionOf({ plan }: Pick<StoredRollout, 'plan'>, breach: Breach | undefined): Guardrail {
  const guardrails = guardrailsOf(plan)
  const criterion = guardrails.find(({ id }) => id === breach?.criterion) ?? guardrails[0]
  if (criterion === undefined) throw new Error('the plan has no guardrail')
  return criterion
}

/** The closed windows that began after the rollback, oldest first. */
async function windowsSince(
  queries: Queries,
  stored: StoredRollout,
  { at, now }: { readonly at: Date; readonly now: Date },
  sources: SourceParts | undefined,
): Promise<AfterWindow[]> {
  const { plan, rollout } = stored
  const criterion = criterionOf(stored, breachOf(stored))
  const windows = await readWindows(queries, {
    rollout: stored.id,
    attempt: rollout.attempt,
    audiences: audiencesOf(plan),
    windowMs: plan.windowMs,
    after: windowBoundary(plan, at),
    now: earlier(now, endOfInterest(plan, at)),
  })
  const measured = await measuredAs(queries, { stored, criterion, windows }, sources)
  return windows.map(({ end, treated }, index) => ({ end, treated, ...armsOf(measured[index]) }))
}

interface Watched {
  readonly stored: StoredRollout
  readonly criterion: Guardrail
  readonly windows: readonly ClosedWindow[]
}

/** What the criterion says of each window; nothing where its source is not to be asked. */
async function measuredAs(
  queries: Queries,
  { stored: { project, plan }, criterion, windows }: Watched,
  sources: SourceParts | undefined,
): Promise<readonly (Measurement | undefined)[]> {
  const of = { ...plan, project, audiences: audiencesOf(plan), counted: windows }
  const ends = windows.map(({ end }) => end)
  const measured = await measureCriteria(queries, sources, [criterion], { ...of, ends })
  return measured.map(([only]) => only)
}

/** What happens long after the deadline says nothing of the rollback any more. */
function endOfInterest({ windowMs }: RolloutPlan, at: Date): Date {
  return new Date(2 * rollbackDeadline({ at, windowMs }).getTime() - at.getTime())
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b
}
