/**
 * One execution of a procedure, as recorded. Plain data: `transition` is the only thing that makes
 * the next one, and everything that can be derived (blocked, who must act) is not in here.
 */
import type { Role, TokenKind } from '../access/permission.ts'
import type { Proof, ProofMethod } from '../access/proof.ts'
import type { Json } from '../audit/canonical.ts'
import type { Sighting } from '../reference/model.ts'
import type { ProcedureDefinition } from './model.ts'
import type { Policy } from './policy.ts'

export type JsonObject = { readonly [name: string]: Json }

export interface Run {
  readonly id: string
  readonly procedure: { readonly id: string; readonly version: number }
  readonly state: RunState
  /** Grows by one with each stored change: fences two writers. */
  readonly revision: number
  readonly startedAt: Date
  readonly startedBy: string
  /** When somebody last acted on it; absent until somebody has. */
  readonly actedAt?: Date
  readonly correlationId?: string
  readonly triggers: readonly TriggerFact[]
  readonly inputs: Readonly<Record<string, ProvidedInput>>
  /** What was agreed about getting an input, by its id. */
  readonly remediations?: Readonly<Record<string, Agreed>>
  readonly workPlan: WorkPlan
  readonly steps: readonly StepRecord[]
  /** Who changed which part since the bundle was last approved. */
  readonly authors: Readonly<Record<string, readonly string[]>>
  /** Hash of what each observing step rests on, by step number. */
  readonly observed: Readonly<Record<string, string>>
  readonly reviews: readonly SubjectReview[]
  /** Comments on subjects of the final review. */
  readonly threads: readonly Thread[]
  readonly request?: ApprovalRequest
  /** The bundle that every role approved last, whether that still holds or not. */
  readonly lastApproved?: { readonly bundleHash: string; readonly at: Date }
  /** All that were ever given, the voided ones too. */
  readonly approvals: readonly Approval[]
  readonly schedule?: Schedule
  readonly abort?: Abort
}

/** `blocked` is no state: it is derived. */
export type RunState =
  | { readonly kind: 'draft' }
  /** Inputs are missing, or fail their check; `step` is the one that cannot open. */
  | { readonly kind: 'halted'; readonly step: number; readonly inputs: readonly string[] }
  /** `acknowledgement`: the validation point after this step has not been acknowledged. */
  | { readonly kind: 'open'; readonly step: number; readonly waitsFor: 'decision' | 'acknowledgement' }
  | { readonly kind: 'awaiting_approval' }
  | { readonly kind: 'approved' }
  | { readonly kind: 'completed' }
  /** An approval was voided; `step` must be decided again. */
  | { readonly kind: 'reopened'; readonly step: number; readonly because: string }
  | { readonly kind: 'aborted' }

/** What set the run off, or arrived later. */
export interface TriggerFact {
  readonly kind: string
  readonly state: string
  readonly source: string
  readonly phase?: string
  readonly at: Date
}

export interface ProvidedInput {
  readonly value: JsonObject
  readonly by: string
  readonly at: Date
  readonly attestation?: Attestation
  readonly verdict: InputVerdict
  /** It took the place of another value. */
  readonly changed?: true
  /** What was seen at its references when they were accepted; a change is held against these. */
  readonly sightings?: readonly Sighting[]
  /** What is another thing now than what was accepted, one sentence each. */
  readonly differs?: readonly string[]
  /** Why what could not be looked at is accepted all the same. */
  readonly override?: InputOverride
  /** Since when the verdict says what it says; `at` unless given. */
  readonly since?: Date
}

export interface InputOverride {
  readonly reason: string
  readonly by: string
  readonly at: Date
}

/** Who gets a missing input, and by when. */
export interface Agreed {
  readonly owner: string
  readonly dueAt: Date
  readonly by: string
  readonly at: Date
}

/** Whether an input counts as provided, and on whose word. */
export interface InputVerdict {
  readonly ok: boolean
  /** `attested`: a person vouches for it. `overridden`: accepted although it cannot be looked at. */
  readonly checked: 'machine' | 'attested' | 'overridden'
  /** Nothing fails, but something could not be looked at. */
  readonly unknown?: true
  /** One sentence each. */
  readonly findings: readonly string[]
}

/** What a person vouches for. */
export interface Attestation {
  readonly statement: string
  readonly reference: string
}

/** The plan of the run itself, never the rollout plan. */
export interface WorkPlan {
  readonly content: JsonObject
  readonly revision: number
  readonly authors: readonly string[]
  readonly review?: WorkPlanReview
}

export interface WorkPlanReview {
  readonly verdict: 'approved' | 'rejected'
  readonly comments: string
  readonly by: string
  readonly at: Date
}

export interface StepRecord {
  readonly number: number
  readonly output: JsonObject
  /** Grows with each change of what the step is about; checks, attestations and votes belong to one. */
  readonly revision: number
  readonly checks: readonly CheckResult[]
  readonly attested: readonly AttestedCheck[]
  readonly notApplicable: readonly SetAside[]
  /** Never empty; the last one is the present one. */
  readonly attempts: readonly Attempt[]
  /** The attempt whose validation point was acknowledged. */
  readonly acknowledged?: { readonly attempt: number; readonly by: string; readonly at: Date }
}

/** A try at a step. Without an outcome it is open, or waiting for its turn. */
export interface Attempt {
  readonly number: number
  readonly openedAt: Date
  readonly because: 'first' | 'no-go' | 'changed' | 'stale'
  /** Why, in a sentence. */
  readonly why: string
  readonly decisions: readonly StepDecision[]
  readonly outcome?: 'go' | 'no-go'
  /** It counts as Go because the step does not apply here: why. */
  readonly notApplicable?: string
  /** What was decided upon: the output and its revision. */
  readonly output?: JsonObject
  readonly revision?: number
  /** What its No-Go asks to be done. */
  readonly failureActions: readonly ActionItem[]
}

/** Something that a No-Go asks for; the next attempt is not decided before it is closed. */
export interface ActionItem {
  /** `s3-a1-2`: step, refused attempt, place. */
  readonly id: string
  readonly kind: 'do' | 'consult' | 'verify'
  readonly title: string
  /** Who sees to it. */
  readonly owners: readonly string[]
  readonly due: Date
  /** With `consult`: people and groups who are asked. */
  readonly asked?: readonly string[]
  /** With `verify`: inputs that must pass their check. */
  readonly inputs?: readonly string[]
  readonly closed?: {
    readonly by: string
    readonly at: Date
    readonly note: string
    /** Hash of the answer. */
    readonly evidence?: string
  }
}

export interface StepDecision {
  readonly role: Role
  readonly decision: 'go' | 'no-go'
  readonly by: string
  readonly at: Date
  readonly rationale: string
  readonly overrides: readonly Override[]
  /** Why a Go follows a No-Go although the output is the same. */
  readonly unchangedBecause?: string
  /** Hashes of the evidence that the decision used. */
  readonly evidence: readonly string[]
  /** Why the author of the output may decide it: the reason of the project's policy. */
  readonly relaxed?: string
  /** How the signer had shown who they are, where the policy asks for it. */
  readonly proof?: ProofMethod
}

/** A failed check that the decider accepts. */
export interface Override {
  readonly check: string
  readonly reason: string
}

export const CHECK_STATES = ['pass', 'fail', 'unknown', 'not_applicable', 'not_in_this_version'] as const
export type CheckState = (typeof CHECK_STATES)[number]

/** What a check concluded, with its numbers. */
export interface CheckOutcome {
  readonly state: 'pass' | 'fail' | 'unknown'
  readonly findings: readonly string[]
  readonly facts: JsonObject
}

/** An outcome, kept: `evidence` is its hash. */
export interface CheckResult extends CheckOutcome {
  readonly check: string
  readonly at: Date
  readonly evidence: string
}

export interface AttestedCheck extends Attestation {
  readonly check: string
  readonly by: string
  readonly at: Date
  readonly evidence: string
}

/** A check that does not apply here. */
export interface SetAside {
  readonly check: string
  readonly reason: string
  readonly by: string
  readonly at: Date
}

/** A reviewer's word on a subject, for the revisions of the parts that were looked at. */
export interface SubjectReview {
  readonly group: string
  readonly subject: string
  readonly verdict: 'reviewed' | 'changes_requested'
  readonly comment?: string
  readonly by: string
  readonly at: Date
  /** Revision of each step that the subject's parts belong to, by step number. */
  readonly revisions: Readonly<Record<string, number>>
}

/** A comment on a subject, and what was said about it. */
export interface Thread {
  /** `c1`. */
  readonly id: string
  readonly group: string
  readonly subject: string
  /** Never empty. */
  readonly comments: readonly { readonly text: string; readonly by: string; readonly at: Date }[]
  readonly resolved?: { readonly by: string; readonly at: Date; readonly note: string }
}

export interface ApprovalRequest {
  readonly bundleHash: string
  readonly by: string
  readonly at: Date
}

export interface Approval {
  readonly role: Role
  readonly by: string
  readonly at: Date
  readonly bundleHash: string
  readonly comment?: string
  readonly voided?: { readonly at: Date; readonly because: string }
  /** Why an author, or somebody who approved in another role, may approve: the reason of the policy. */
  readonly relaxed?: string
  /** How the signer had shown who they are, where the policy asks for it. */
  readonly proof?: ProofMethod
}

export interface Schedule {
  /** Absent: when the rollout is started. */
  readonly start?: Date
  readonly by: string
  readonly at: Date
}

export interface Abort {
  readonly cause: string
  readonly lessons: string
  /** What shows that nobody is exposed and nothing must be rolled back (P-EX6). */
  readonly unexposed: readonly string[]
  readonly by: string
  readonly at: Date
}

/** Who acts. Only `user` tokens are people. */
export interface Actor {
  readonly id: string
  readonly kind: TokenKind
  readonly roles: readonly Role[]
  /** The last time this session or token showed who it is. */
  readonly proof?: Proof
}

/** What a run is judged by: its definition, its feature, and who holds each role for it. */
export interface Setting {
  readonly project: string
  readonly feature: string
  readonly definition: ProcedureDefinition
  /** Deputies included. */
  readonly people: Readonly<Partial<Record<Role, readonly string[]>>>
  /** The team that owns the feature. */
  readonly owner: string
  /** Who is consulted and told. */
  readonly stakeholders: readonly string[]
  /** Key of the ticket; absent where there is none. */
  readonly ticket?: string
  readonly policy: Policy
}
