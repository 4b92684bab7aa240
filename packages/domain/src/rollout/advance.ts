/**
 * What a rollout does next: the whole judgement of the control loop.
 *
 * Given the plan, the rollout with its evidence folded, what is known from outside and the time, it
 * answers with one step and its numbers. It reads no clock, calls nothing and changes nothing; the
 * controller carries the step out, the simulation and a preview call this same function. Harm
 * comes first, in every state that exposes anybody; nothing that is unknown ever advances.
 */
import { assess } from '../analysis/assess.ts'
import { failsInBothArms, judge } from '../analysis/criteria.ts'
import { NO_EVIDENCE } from '../analysis/evidence.ts'
import type { Breach, Criterion, Guardrail, Verdict } from '../analysis/model.ts'
import { isMismatch } from '../analysis/split.ts'
import type { HoldReason, Position, RollbackCause, Rollout, RolloutPlan, Running, Target } from './model.ts'
import {
  guardrailsOf,
  hasControl,
  measuredOf,
  neededWindows,
  observedEnough,
  planDispersion,
  positionOf,
  stageOf,
  targetAfter,
} from './position.ts'
import { lagMs } from './schedule.ts'

/** What the controller knows from outside the evidence. */
export interface Facts {
  /** The bundle that was approved is the one that would be rolled out; checked before anybody is exposed further. */
  readonly approved: boolean
  /** Somebody changed the flag since the rollout last wrote or accepted it. */
  readonly flagEditedOutside?: { readonly by: string; readonly what: string }
}

export type Decision =
  | {
      readonly kind: 'wait'
      readonly reason: WaitReason
      readonly progress?: Bake
      readonly verdicts: readonly Verdict[]
    }
  | {
      readonly kind: 'hold'
      readonly reason: HoldReason
      /** Whether a person must be called now. */
      readonly page: boolean
      readonly verdicts: readonly Verdict[]
      /** `conflict`: who changed what. */
      readonly edit?: { readonly by: string; readonly what: string }
    }
  | { readonly kind: 'resume-from-hold'; readonly reason: HoldReason }
  | {
      readonly kind: 'advance'
      readonly to: Target
      readonly bake: Bake
      readonly verdicts: readonly Verdict[]
    }
  | { readonly kind: 'roll-back'; readonly cause: RollbackCause }
  | { readonly kind: 'complete'; readonly bake: Bake; readonly verdicts: readonly Verdict[] }

/** Time at the present position, in windows. */
export interface Bake {
  readonly windows: number
  readonly healthy: number
  /** Healthy windows that the position needs. */
  readonly needed: number
}

export type WaitReason =
  /** Scheduled; its time has not come. */
  | 'not-due'
  /** Scheduled; the approval does not hold. */
  | 'unapproved'
  | 'observing'
  | 'baking'
  /** Baked; the evidence is not there yet. */
  | 'collecting'
  /** A criterion has had no data for longer than its windows' lag explains. */
  | 'blind'
  /** Held, and the cause is still there or needs a person. */
  | 'held'
  | 'paused'
  /** Rolling back; the outcome is being verified. */
  | 'verifying'
  | 'ended'

/** Blindness below which nothing is concluded, where windows are short. */
const LEAST_BLIND_MS = 10_000

/** The next step. Deciding again with nothing changed gives `wait`. */
export function advance(plan: RolloutPlan, rollout: Rollout, facts: Facts, now: Date): Decision {
  switch (rollout.state.kind) {
    case 'scheduled':
      return beforeStart(rollout, facts, now)
    case 'observing':
    case 'running':
    case 'held':
    case 'paused':
      return underway({ plan, rollout, facts, now })
    case 'rolling_back':
      return wait('verifying')
    case 'completed':
    case 'rolled_back':
    case 'rollback_failed':
    case 'aborted':
      return wait('ended')
  }
}

/** The verdicts on all measured criteria at the present position: what the live view shows at any time. */
export function verdictsOf(plan: RolloutPlan, rollout: Rollout, now: Date, timeDecides = false): Verdict[] {
  const position = positionOf(rollout)
  const step = position === undefined || position.kind === 'observing' ? { stage: 0, increment: 0 } : position
  return measuredOf(plan).map((criterion) =>
    judge(criterion, rollout.evidence[criterion.id] ?? NO_EVIDENCE, {
      audience: stageOf(plan, step.stage).audience.id,
      alone: !hasControl(plan, step),
      beta: plan.beta,
      absoluteOnly: plan.absoluteOnly !== undefined,
      timeDecides,
      dispersion: (evidence) => planDispersion(plan, evidence),
      blindMs: blindMs(plan, rollout, criterion, now),
      blindLimitMs: blindLimitMs(plan),
    }),
  )
}

/** How long a criterion has been without a known window: unknown ones, and those that should have been folded by now. */
export function blindMs(
  plan: RolloutPlan,
  rollout: Rollout,
  criterion: Pick<Criterion, 'id'>,
  now: Date,
): number {
  const watermark = rollout.watermark?.getTime() ?? now.getTime()
  const overdue = Math.floor((now.getTime() - lagMs(plan) - watermark) / plan.windowMs)
  const windows = (rollout.evidence[criterion.id]?.blindWindows ?? 0) + Math.max(0, overdue)
  return windows * plan.windowMs
}

interface Situation {
  readonly plan: RolloutPlan
  readonly rollout: Rollout
  readonly facts: Facts
  readonly now: Date
}

interface Cause {
  readonly reason: HoldReason
  readonly page: boolean
}

function beforeStart(rollout: Rollout, facts: Facts, now: Date): Decision {
  if (now < rollout.startAt) return wait('not-due')
  if (!facts.approved) return wait('unapproved')
  return {
    kind: 'advance',
    to: { kind: 'observing' },
    bake: { windows: 0, healthy: 0, needed: 0 },
    verdicts: [],
  }
}

function underway(situation: Situation): Decision {
  const { plan, rollout, facts } = situation
  const { state } = rollout
  const rollback = rollbackCause(situation)
  if (rollback !== undefined) return { kind: 'roll-back', cause: rollback }
  if (state.kind === 'paused') return wait('paused')
  const cause = holdCause(situation)
  if (state.kind === 'held') return whileHeld(situation, state.reason, cause)
  if (cause !== undefined) return hold(situation, cause)
  if (isBlind(situation)) return wait('blind', verdictsOf(plan, rollout, situation.now))
  if (state.kind === 'running') return whileRunning(situation, state)
  if (state.kind !== 'observing') return wait('ended')

  const bake = bakeOf(situation, state)
  if (!observedEnough(plan, rollout, state)) return wait('observing', [], bake)
  if (!facts.approved) return hold(situation, { reason: 'unapproved', page: false })
  return { kind: 'advance', to: { kind: 'running', stage: 0, increment: 0 }, bake, verdicts: [] }
}

/** Harm, and blindness where the plan says that it is as bad; a paused rollout is rolled back for harm only. */
function rollbackCause({ plan, rollout, now }: Situation): RollbackCause | undefined {
  const guardrails = guardrailsOf(plan)
  for (const guardrail of guardrails) {
    const breach = breachOf(rollout, guardrail)
    if (breach !== undefined && guardrail.onFail === 'roll-back') return { kind: 'harm', breach }
  }
  if (rollout.state.kind === 'paused') return undefined
  for (const guardrail of guardrails) {
    const blind = blindMs(plan, rollout, guardrail, now)
    if (guardrail.noData === 'roll-back' && blind > guardrail.blindBudgetMs) {
      return { kind: 'blind', criterion: guardrail.id, blindMs: blind }
    }
  }
  return undefined
}

/** Why the engine must wait now; the first of several. */
function holdCause({ plan, rollout, facts, now }: Situation): Cause | undefined {
  const guardrails = guardrailsOf(plan)
  const breached = guardrails.filter((guardrail) => breachOf(rollout, guardrail) !== undefined)
  if (breached.length > 0) return { reason: 'breach', page: breached.some(({ onFail }) => onFail === 'page') }
  const both = guardrails.some((guardrail) =>
    failsInBothArms(guardrail, rollout.evidence[guardrail.id] ?? NO_EVIDENCE),
  )
  if (both) return { reason: 'both-arms', page: true }
  if (facts.flagEditedOutside !== undefined) return { reason: 'conflict', page: false }
  const measured = measuredOf(plan)
  const blind = measured.some((criterion) => blindMs(plan, rollout, criterion, now) > criterion.blindBudgetMs)
  if (blind) return { reason: 'blind', page: true }
  if (isMismatch(rollout.split)) return { reason: 'sample-ratio', page: true }
  const watched = measured.filter(({ id }) => rollout.evidence[id]?.watched !== undefined)
  return watched.length === 0
    ? undefined
    : { reason: 'watch', page: watched.some(({ onFail }) => onFail === 'page') }
}

/** Holds that only a person ends. */
const FOR_A_PERSON: ReadonlySet<HoldReason> = new Set([
  'inconclusive',
  'approval',
  'conflict',
  'sample-ratio',
])

/** A hold ends when its cause does, unless it waits for a person; a graver cause replaces it. */
function whileHeld(situation: Situation, reason: HoldReason, cause: Cause | undefined): Decision {
  if (reason === 'breach' || reason === cause?.reason) return wait('held')
  if (cause?.reason === 'breach') return hold(situation, cause)
  if (FOR_A_PERSON.has(reason)) return wait('held')
  if (cause !== undefined) return hold(situation, cause)
  if (reason === 'blind' && isBlind(situation)) return wait('held')
  if (reason === 'unapproved' && !situation.facts.approved) return wait('held')
  return { kind: 'resume-from-hold', reason }
}

function whileRunning(situation: Situation, running: Running): Decision {
  const { plan, rollout, now } = situation
  const stage = stageOf(plan, running.stage)
  const bake = bakeOf(situation, running)
  const timeIsUp = running.stageWindows * plan.windowMs >= stage.maxMs
  const baked = bake.healthy >= bake.needed
  const verdicts =
    baked || timeIsUp ? verdictsOf(plan, rollout, now, timeIsUp && plan.lowTraffic.policy === 'time') : []
  if (baked && assess(verdicts) === 'go') return raise(situation, running, bake, verdicts)
  if (timeIsUp) return hold(situation, { reason: 'inconclusive', page: true }, verdicts)
  return baked ? wait('collecting', verdicts, bake) : wait('baking', [], bake)
}

/** Everything is Go. Approvals come last. */
function raise(situation: Situation, running: Running, bake: Bake, verdicts: readonly Verdict[]): Decision {
  const { plan, facts } = situation
  if (!facts.approved) return hold(situation, { reason: 'unapproved', page: false }, verdicts)
  const to = targetAfter(plan, running)
  if (stageOf(plan, running.stage).advance === 'manual')
    return hold(situation, { reason: 'approval', page: false }, verdicts)
  return to === undefined ? { kind: 'complete', bake, verdicts } : { kind: 'advance', to, bake, verdicts }
}

function hold(
  { plan, rollout, facts, now }: Situation,
  cause: Cause,
  verdicts?: readonly Verdict[],
): Decision {
  return {
    kind: 'hold',
    ...cause,
    verdicts: verdicts ?? verdictsOf(plan, rollout, now),
    ...(cause.reason === 'conflict' && facts.flagEditedOutside !== undefined
      ? { edit: facts.flagEditedOutside }
      : {}),
  }
}

function wait(reason: WaitReason, verdicts: readonly Verdict[] = [], progress?: Bake): Decision {
  return { kind: 'wait', reason, verdicts, ...(progress === undefined ? {} : { progress }) }
}

function isBlind({ plan, rollout, now }: Situation): boolean {
  return measuredOf(plan).some((criterion) => blindMs(plan, rollout, criterion, now) > blindLimitMs(plan))
}

function blindLimitMs(plan: RolloutPlan): number {
  return Math.max(2 * plan.windowMs, LEAST_BLIND_MS)
}

function bakeOf({ plan, rollout }: Situation, position: Position): Bake {
  const needed = position.kind === 'observing' ? plan.observeWindows : neededWindows(plan, rollout, position)
  return { ...position.progress, needed }
}

function breachOf(rollout: Rollout, guardrail: Guardrail): Breach | undefined {
  return rollout.evidence[guardrail.id]?.breach
}
