/**
 * The rollout plan and the rollout: what was approved, and how far it has got.
 *
 * The states are those of the glossary. A held or paused rollout remembers the position it stands
 * at; whatever can be derived (the rule to serve, the phase of an increment, the next wake-up) is
 * derived from plan and rollout and not stored. `state` and `evidence` are plain JSON; the instants
 * stand beside them.
 */
import type { Role } from '../access/permission.ts'
import type { Breach, Criterion, CriterionEvidence } from '../analysis/model.ts'
import type { Split } from '../analysis/split.ts'
import type { Severity } from '../signal/report.ts'

/** The outcome of step 3: how a feature reaches everybody, and what it must show on the way. */
export interface RolloutPlan {
  /** Length of a measurement window; windows lie on multiples of it since the epoch. */
  readonly windowMs: number
  /** How long after its end a window is closed; two windows unless given. At least two scrapes of a source. */
  readonly lagMs?: number
  /** Length of stage 0, in windows: both arms are served the control variant. */
  readonly observeWindows: number
  /** Needed when `observeWindows` is 0; the dispersion is then taken to be 2. */
  readonly observeReason?: string
  readonly stages: readonly Stage[]
  readonly criteria: readonly Criterion[]
  /** Chance of a wrong rollback over the whole rollout, shared by the guardrails. Default 0.001. */
  readonly alpha: number
  /** Chance of a wrong Go at the boundary. Default 0.01. */
  readonly beta: number
  /** Declared dispersion, ≥ 1, instead of the measured one; with a reason. */
  readonly phi?: number
  readonly phiReason?: string
  /** Somebody takes responsibility for a Go that only says "below the ceiling". */
  readonly absoluteOnly?: { readonly by: string; readonly reason: string }
  readonly lowTraffic: LowTraffic
  /** Percent of everybody kept out at the last increment until it is Go. Default 5; 0 is judged absolutely. */
  readonly holdback: number
  /** How long harm still rolls back after 100 %, in ms. Absent: not at all. Default 1 day. */
  readonly watchMs?: number
  /** When people look at it while it runs. */
  readonly reviews?: Reviews
  /** A plan for a demonstration or a test: its increments may be shorter than 30 windows. */
  readonly demo?: boolean
}

/** Who looks at the verdicts while a rollout runs, and when (P-X5). */
export interface Reviews {
  /** Review frequency: the time from one review to the next. Absent: only at the checkpoints. */
  readonly everyMs?: number
  /** How late a review may be: default one interval, a day where there is none. */
  readonly graceMs?: number
  /** Instants, RFC 3339, at which the rollout does not go on without a review. */
  readonly checkpoints: readonly string[]
  /** Whose task it is. Default the Operations Lead. */
  readonly role: Role
  /** Who is asked by name beside whoever holds the role for the feature: ids of people, or addresses. */
  readonly people?: readonly string[]
}

/** What happens where the traffic is too low for evidence within a stage's maximum. */
export type LowTraffic =
  | { readonly policy: 'human' }
  /** Time decides, for the recorded reason, unless there is a sign of harm. */
  | { readonly policy: 'time'; readonly reason: string }

export interface Stage {
  readonly name: string
  readonly audience: Audience
  /** Percent of the stage's own audience, one after the other, each judged. */
  readonly increments: readonly number[]
  /** Minimum healthy time of the stage, divided equally over its increments. */
  readonly bakeMs: number
  /** The longest the stage may take before a person is asked. */
  readonly maxMs: number
  /** The most of everybody, in percent, that the stage may be expected to expose: a check of the plan. */
  readonly limit?: number
  /** `manual`: a person advances each increment, once the evidence is there. */
  readonly advance: 'auto' | 'manual'
}

/** Whom a stage exposes. A context belongs to the first audience in stage order that matches; everybody is the rest. */
export type Audience = { readonly id: 'everybody' } | { readonly id: string; readonly segment: string }

/** One attempt of a rollout. */
export interface Rollout {
  readonly id: string
  /** From 1. A new attempt has new evidence and keeps the salts. */
  readonly attempt: number
  /** Grows by one with each change of the state: fences two writers. */
  readonly version: number
  /** When observing begins, or began. */
  readonly startAt: Date
  /** When the present observing or increment was entered; absent before the start. */
  readonly enteredAt?: Date
  /** When anybody was first exposed. */
  readonly exposedAt?: Date
  /** End of the last folded window; absent before the start. */
  readonly watermark?: Date
  readonly state: RolloutState
  /** By criterion id. */
  readonly evidence: Readonly<Record<string, CriterionEvidence>>
  /** How the arms are split; absent where distinct keys are not reported. */
  readonly split?: Split
  /** Of the increment that a person advances; void once what the evidence says changes. */
  readonly approval?: StageApproval
  /** Criteria that somebody has set aside for a time. */
  readonly overrides?: readonly Override[]
  readonly review?: ReviewRecord
}

/** A person's approval inside a stage. */
export interface StageApproval {
  readonly by: string
  /** RFC 3339. */
  readonly at: string
  readonly bundleHash: string
  /** What was approved: the text of `evidenceText` at that moment. */
  readonly evidence: string
}

/** A criterion does not keep the rollout from advancing for a time. Harm rolls back all the same. */
export interface Override {
  readonly criterion: string
  /** RFC 3339. */
  readonly until: string
  readonly by: string
  readonly reason: string
}

/** What has become of the reviews so far. */
export interface ReviewRecord {
  /** When somebody last said how to go on, RFC 3339. */
  readonly confirmedAt?: string
  /** By kind, the review that was asked for. */
  readonly asked?: Readonly<Partial<Record<ReviewKind, ReviewAsked>>>
}

export type ReviewKind = 'checkpoint' | 'frequency'

export interface ReviewAsked {
  /** RFC 3339. */
  readonly dueAt: string
  readonly told: 'asked' | 'reminded' | 'escalated'
}

export type RolloutState =
  | { readonly kind: 'scheduled' }
  | Position
  /** The engine waits. */
  | { readonly kind: 'held'; readonly reason: HoldReason; readonly from: Position }
  /** A person stopped it. */
  | {
      readonly kind: 'paused'
      readonly by: string
      readonly reason: string
      readonly from: Position
      /** When it goes on by itself, RFC 3339; absent: when somebody resumes it. */
      readonly until?: string
    }
  | Completed
  /** The control variant is served again; being verified. */
  | { readonly kind: 'rolling_back'; readonly cause: RollbackCause; readonly from: Position }
  | { readonly kind: 'rolled_back'; readonly cause: RollbackCause; readonly from: Position }
  | {
      readonly kind: 'rollback_failed'
      readonly cause: RollbackCause
      readonly from: Position
      readonly failure: string
    }
  | { readonly kind: 'aborted'; readonly by: string; readonly reason: string; readonly from?: Position }

/** 100 % of everybody, and every criterion Go; watched for a time. */
export interface Completed {
  readonly kind: 'completed'
  /** Since 100 %; absent where nothing is watched. */
  readonly progress?: Progress
  /** Criteria that were breached since and do not roll back: somebody was told. */
  readonly warned?: readonly string[]
}

export type StateKind = RolloutState['kind']

/** Where a rollout stands on its way. */
export type Position = Observing | Running

export interface Observing {
  readonly kind: 'observing'
  readonly progress: Progress
}

export interface Running {
  readonly kind: 'running'
  /** Index into the plan's stages. */
  readonly stage: number
  /** Index into the stage's increments. */
  readonly increment: number
  readonly progress: Progress
  /** Windows folded while running in this stage, the increments before this one included. */
  readonly stageWindows: number
}

/** Time at a position, counted in windows by the database's time; never the clock of whoever asks. */
export interface Progress {
  /** Windows folded. */
  readonly windows: number
  /** Of these, healthy ones: every guardrail measured, none looking worse than its control. */
  readonly healthy: number
}

/**
 * Why the engine waits. `both-arms`, `blind`, `watch`, `unapproved`, `incident` and `reports` end by
 * themselves when their cause does; the others need a person.
 */
export type HoldReason =
  /** Exposed and control fail together: not this feature. */
  | 'both-arms'
  /** The flag was edited outside the rollout; it is never overwritten. */
  | 'conflict'
  /** A criterion has been without data for longer than its budget. */
  | 'blind'
  /** The arms do not hold as many people as the rule says, so they cannot be compared. */
  | 'sample-ratio'
  /** A watch criterion is breached and has not recovered. */
  | 'watch'
  /** The approval does not hold any more. */
  | 'unapproved'
  /** The stage's maximum passed without evidence. */
  | 'inconclusive'
  /** Everything is Go; the stage is advanced by a person. */
  | 'approval'
  /** A criterion whose `onFail` is not to roll back was breached. */
  | 'breach'
  /** An incident is open: nothing is raised until it is over. */
  | 'incident'
  /** People report more than a criterion allows whose `onFail` is not to roll back. */
  | 'reports'
  /** The review of a checkpoint was missed. */
  | 'review'

export type RollbackCause =
  | { readonly kind: 'harm'; readonly breach: Breach }
  /** Blind beyond the budget of a criterion with `noData: roll-back`. */
  | { readonly kind: 'blind'; readonly criterion: string; readonly blindMs: number }
  | { readonly kind: 'person'; readonly by: string; readonly reason: string }
  /** People report more than a criterion allows. */
  | { readonly kind: 'report'; readonly criterion: string; readonly found: ReportFound }

/** What people say, as one criterion counts it. */
export type ReportFound =
  | { readonly counts: 'issues'; readonly open: number; readonly max: number; readonly severity: Severity }
  | {
      readonly counts: 'feedback'
      readonly n: number
      readonly good: number
      readonly least: number
      readonly positive: number
    }

/** Where a step leads. */
export type Target =
  | { readonly kind: 'observing' }
  | { readonly kind: 'running'; readonly stage: number; readonly increment: number }
