/**
 * What a rollout does next: the whole judgement of the control loop.
 *
 * Given the plan, the rollout with its evidence folded, what is known from outside and the time, it
 * answers with one step and its numbers. It reads no clock, calls nothing and changes nothing; the
 * controller carries the step out, the simulation and a preview call this same function. Harm
 * comes first, in every state that exposes anybody; nothing that is unknown ever advances.
 */
import { assess } from '../analysis/assess.ts'
import { judge } from '../analysis/criteria.ts'
import { NO_EVIDENCE } from '../analysis/evidence.ts'
import type { Breach, Verdict } from '../analysis/model.ts'
import { isWatched } from './after-completion.ts'
import { blindLimitMs, blindMs, breachOf, harmOf, holdCause, isBlind, rollbackCause } from './causes.ts'
import type { Cause, Situation } from './causes.ts'
import type { HoldReason, Position, RollbackCause, Rollout, RolloutPlan, Running, Target } from './model.ts'
import { isOverridden } from './override.ts'
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
import { reportVerdicts } from './reports.ts'
import type { ReportSeen, ReportVerdict } from './reports.ts'
import { reviewStep } from './review.ts'
import type { ReviewStep } from './review.ts'
import { isApproved } from './stage-approval.ts'

/** What the controller knows from outside the evidence. */
export interface Facts {
  /** The bundle that was approved is the one that would be rolled out; checked before anybody is exposed further. */
  readonly approved: boolean
  /** Somebody changed the flag since the rollout last wrote or accepted it. */
  readonly flagEditedOutside?: { readonly by: string; readonly what: string }
  /** What people and alerts have reported about the feature, and incidents that name no feature. */
  readonly reports?: readonly ReportSeen[]
  /** Connected instances that do not serve yet what the rollout asks for. */
  readonly unserved?: readonly string[]
}

/** A verdict on what is measured, or on what is reported. */
export type AnyVerdict = Verdict | ReportVerdict

export type Decision =
  | {
      readonly kind: 'wait'
      readonly reason: WaitReason
      readonly progress?: Bake
      readonly verdicts: readonly AnyVerdict[]
    }
  | {
      readonly kind: 'hold'
      readonly reason: HoldReason
      /** Whether a person must be called now. */
      readonly page: boolean
      readonly verdicts: readonly AnyVerdict[]
      /** `conflict`: who changed what. */
      readonly edit?: { readonly by: string; readonly what: string }
      /** `incident`: which one. `reports`: which criteria. */
      readonly because?: string
    }
  | { readonly kind: 'resume-from-hold'; readonly reason: HoldReason }
  /** A pause was made for a time, which is over. */
  | { readonly kind: 'end-pause' }
  /** What an approval inside the stage was given for is not what is known now. */
  | { readonly kind: 'void-approval'; readonly by: string }
  | ({ readonly kind: 'review' } & ReviewStep)
  /** After 100 %: a criterion is breached that does not roll back. */
  | { readonly kind: 'warn'; readonly breach: Breach }
  | {
      readonly kind: 'advance'
      readonly to: Target
      readonly bake: Bake
      readonly verdicts: readonly AnyVerdict[]
    }
  | { readonly kind: 'roll-back'; readonly cause: RollbackCause }
  | { readonly kind: 'complete'; readonly bake: Bake; readonly verdicts: readonly AnyVerdict[] }

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
  /** Everything is Go; connected instances do not serve the last increment yet. */
  | 'serving'
  /** 100 % is reached; harm still rolls back. */
  | 'watching'
  /** Held, and the cause is still there or needs a person. */
  | 'held'
  | 'paused'
  /** Rolling back; the outcome is being verified. */
  | 'verifying'
  | 'ended'

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
      return afterCompletion({ plan, rollout, facts, now })
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

/** The verdicts on everything: what is measured, and what the present stage asks people. */
// oxlint-disable-next-line max-params -- what is judged, by what, when, and whether time decides
export function allVerdicts(
  plan: RolloutPlan,
  rollout: Rollout,
  facts: Pick<Facts, 'reports'>,
  now: Date,
  timeDecides = false,
): AnyVerdict[] {
  return [
    ...verdictsOf(plan, rollout, now, timeDecides),
    ...reportVerdicts(plan, rollout, facts.reports ?? []),
  ]
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
  const review = reviewStep(plan, rollout, situation.now)
  if (review !== undefined) return { kind: 'review', ...review }
  if (state.kind === 'paused') return whilePaused(state.until, situation.now)
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

/** After 100 % there is nothing to hold: harm rolls back, any other breach calls a person once. */
function afterCompletion({ plan, rollout, facts }: Situation): Decision {
  if (!isWatched(plan, rollout)) return wait('ended')
  const cause = harmOf(plan, rollout, facts)
  if (cause !== undefined) return { kind: 'roll-back', cause }
  const warned = rollout.state.kind === 'completed' ? (rollout.state.warned ?? []) : []
  const breach = guardrailsOf(plan)
    .map((guardrail) => breachOf(rollout, guardrail))
    .find((it) => it !== undefined && !warned.includes(it.criterion))
  return breach === undefined ? wait('watching') : { kind: 'warn', breach }
}

function whilePaused(until: string | undefined, now: Date): Decision {
  return until !== undefined && now >= new Date(until) ? { kind: 'end-pause' } : wait('paused')
}

/** Holds that only a person ends. */
const FOR_A_PERSON: ReadonlySet<HoldReason> = new Set([
  'inconclusive',
  'approval',
  'conflict',
  'sample-ratio',
  'review',
])

/** A hold ends when its cause does, unless it waits for a person; a graver cause replaces it. */
function whileHeld(situation: Situation, reason: HoldReason, cause: Cause | undefined): Decision {
  const voided = voidedApproval(situation)
  if (voided !== undefined) return voided
  if (reason === cause?.reason) return wait('held')
  if (cause?.reason === 'breach') return hold(situation, cause)
  if (reason === 'approval' && cause === undefined) return whileApproving(situation)
  if (FOR_A_PERSON.has(reason)) return wait('held')
  if (cause !== undefined) return hold(situation, cause)
  if (reason === 'blind' && isBlind(situation)) return wait('held')
  if (reason === 'unapproved' && !situation.facts.approved) return wait('held')
  return { kind: 'resume-from-hold', reason }
}

/** An approval counts while the evidence says what it said when it was given. */
function voidedApproval({ plan, rollout, facts, now }: Situation): Decision | undefined {
  const { approval } = rollout
  if (approval === undefined || isApproved(rollout, allVerdicts(plan, rollout, facts, now))) return undefined
  return { kind: 'void-approval', by: approval.by }
}

function whileApproving(situation: Situation): Decision {
  const { plan, rollout, facts, now } = situation
  const from = rollout.state.kind === 'held' ? rollout.state.from : undefined
  if (from?.kind !== 'running') return wait('held')
  const verdicts = allVerdicts(plan, rollout, facts, now)
  if (!isGo(rollout, verdicts, now)) return { kind: 'resume-from-hold', reason: 'approval' }
  return rollout.approval === undefined
    ? wait('held')
    : raise(situation, from, bakeOf(situation, from), verdicts)
}

/** Every criterion that nobody has set aside is Go; at least one of them is measured. */
function isGo(rollout: Rollout, verdicts: readonly AnyVerdict[], now: Date): boolean {
  const asked = verdicts.filter((it) => !isOverridden(rollout, it.criterion, now))
  return asked.some((it) => !('role' in it)) && assess(asked) === 'go'
}

function whileRunning(situation: Situation, running: Running): Decision {
  const { plan, rollout, facts, now } = situation
  const stage = stageOf(plan, running.stage)
  const bake = bakeOf(situation, running)
  const timeIsUp = running.stageWindows * plan.windowMs >= stage.maxMs
  const baked = bake.healthy >= bake.needed
  const byTime = timeIsUp && plan.lowTraffic.policy === 'time'
  const verdicts = baked || timeIsUp ? allVerdicts(plan, rollout, facts, now, byTime) : []
  if (baked && isGo(rollout, verdicts, now)) return raise(situation, running, bake, verdicts)
  if (timeIsUp) return hold(situation, { reason: 'inconclusive', page: true }, verdicts)
  return baked ? wait('collecting', verdicts, bake) : wait('baking', [], bake)
}

/** Everything is Go. Approvals come last. */
// oxlint-disable-next-line max-params -- private, and each of them is asked
function raise(
  situation: Situation,
  running: Running,
  bake: Bake,
  verdicts: readonly AnyVerdict[],
): Decision {
  const { plan, rollout, facts } = situation
  if (!facts.approved) return hold(situation, { reason: 'unapproved', page: false }, verdicts)
  const to = targetAfter(plan, running)
  if (to === undefined && (facts.unserved ?? []).length > 0) return wait('serving', verdicts, bake)
  if (stageOf(plan, running.stage).advance === 'manual' && !isApproved(rollout, verdicts))
    return hold(situation, { reason: 'approval', page: false }, verdicts)
  return to === undefined ? { kind: 'complete', bake, verdicts } : { kind: 'advance', to, bake, verdicts }
}

function hold(
  { plan, rollout, facts, now }: Situation,
  cause: Cause,
  verdicts?: readonly AnyVerdict[],
): Decision {
  return {
    kind: 'hold',
    ...cause,
    verdicts: verdicts ?? allVerdicts(plan, rollout, facts, now),
    ...(cause.reason === 'conflict' && facts.flagEditedOutside !== undefined
      ? { edit: facts.flagEditedOutside }
      : {}),
  }
}

function wait(reason: WaitReason, verdicts: readonly AnyVerdict[] = [], progress?: Bake): Decision {
  return { kind: 'wait', reason, verdicts, ...(progress === undefined ? {} : { progress }) }
}

function bakeOf({ plan, rollout }: Situation, position: Position): Bake {
  const needed = position.kind === 'observing' ? plan.observeWindows : neededWindows(plan, rollout, position)
  return { ...position.progress, needed }
}
