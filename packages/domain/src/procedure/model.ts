/**
 * A procedure as data: what it needs, its steps, who decides them, what ends it.
 *
 * The engine in this folder executes any definition and knows nothing of feature flags. A run keeps
 * the version of the definition that it began with.
 */
import type { Role } from '../access/permission.ts'

/** One version of a procedure. */
export interface ProcedureDefinition {
  /** Kebab-case, the same in every version. */
  readonly id: string
  readonly version: number
  readonly name: string
  /** Only an active definition starts runs. */
  readonly status: 'draft' | 'active' | 'retired'
  readonly owner: string
  readonly source: { readonly document: string; readonly sha256: string }
  /** Procedures that this one names. */
  readonly related: readonly string[]
  readonly inputs: readonly InputDefinition[]
  readonly steps: readonly StepDefinition[]
  readonly validationPoints: readonly ValidationPoint[]
  /** Parts of the outcome whose authors are remembered. */
  readonly parts: readonly Part[]
  readonly reviews: readonly ReviewGroup[]
  readonly approvals: readonly ApprovalDefinition[]
  readonly milestones: readonly Milestone[]
  readonly outputs: readonly string[]
  /** How the outputs are verified (P-V1): computed, never ticked. */
  readonly validation: readonly ContractLine[]
  /** What must be true for it to be done (P-DoD): computed too. */
  readonly done: readonly ContractLine[]
  readonly exitStates: readonly ExitState[]
  /** Whether somebody may decide a step whose output he alone wrote. */
  readonly ownWork: 'refused' | 'allowed'
}

/** Something that must exist before a step may open. */
export interface InputDefinition {
  /** `P-I1`. */
  readonly id: string
  readonly title: string
  /**
   * `reference`: where it is; the system looks at it. `structured`: the thing itself, judged by
   * rules. `automatic`: the system observes it.
   */
  readonly how: 'reference' | 'structured' | 'automatic'
  /** Needed before this step opens; until then it is shown as coming due. */
  readonly dueBefore: number
  /** Giving another value than before may be a reason to abort (P-EX6). */
  readonly offersAbort?: true
  /** Only this role may give it. */
  readonly providedBy?: Role
  /** It is a decision: whoever gives it vouches for it with a statement and a reference. */
  readonly attested?: true
  /** This role may accept, with a reason, that its references cannot be looked at. */
  readonly overriddenBy?: Role
  /** What may be recorded in place of what the system observes. */
  readonly alternative?: Alternative
  readonly remediation: Remediation
}

/** Another way to meet an input. The checks that rested on it are then made by people. */
export interface Alternative {
  readonly recordedBy: Role
  readonly manualChecks: readonly string[]
}

/** What to do about a missing input, and in which role. */
export interface Remediation {
  /** `P-R1`. */
  readonly id: string
  readonly path: string
  readonly role: Role
  /** By when it should be there, in working days since it was found missing or failing; 5. */
  readonly dueInDays?: number
}

export interface StepDefinition {
  /** From 1, without gaps. */
  readonly number: number
  /** Kebab-case. */
  readonly id: string
  readonly title: string
  readonly purpose: string
  /** Ids of inputs, and `S<n>` for the outcome of an earlier step. */
  readonly inputs: readonly string[]
  readonly actions: readonly string[]
  readonly outputs: readonly OutputField[]
  /** What outside the run this step rests on; a change of it makes the step and all later ones stale. */
  readonly observes?: string
  readonly checks: readonly CheckDefinition[]
  /** Whether its decider may say, with a reason, that it does not apply. */
  readonly mayBeNotApplicable?: true
  readonly decision: DecisionDefinition
  readonly failure: FailureHandling
}

export interface OutputField {
  readonly field: string
  readonly title: string
  /** A Go is refused while it is empty. */
  readonly required: boolean
}

export interface CheckDefinition {
  /** `P-S2-4`. */
  readonly id: string
  readonly title: string
  /** A Go needs it; otherwise it only advises. */
  readonly required: boolean
  /** One that is not in this version needs attested evidence in its place. */
  readonly availability: 'available' | 'not_in_this_version'
  /** Not for the Go, but for the exit `completed`. */
  readonly forExit?: true
  /** Whether the step's decider may set it aside, with a reason. */
  readonly mayBeNotApplicable: boolean
  /** Names what has to be tried out before the check can pass. */
  readonly exercise?: string
}

/** `person`: people decide in these roles, one of them or all. `approvals`: the approvals are the decision. */
export type DecisionDefinition =
  | {
      readonly by: 'person'
      readonly question: string
      readonly roles: readonly Role[]
      readonly all: boolean
    }
  | { readonly by: 'approvals'; readonly question: string }

export interface FailureHandling {
  readonly failure: string
  /** What a No-Go asks to be done. */
  readonly actions: readonly FailureAction[]
  /** When the next attempt may be made. */
  readonly retry: string
}

/**
 * `do`: somebody does it. `consult`: people are asked, and their answer is kept as evidence.
 * `verify`: inputs must pass their check when it is closed.
 */
export type FailureAction = { readonly title: string } & (
  | { readonly kind: 'do' }
  | { readonly kind: 'consult'; readonly whom: Consulted }
  | { readonly kind: 'verify'; readonly inputs: readonly string[] }
)

/** Whom a step's failure handling names; `refuser` is the one who said No-Go. */
export type Consulted = 'experts' | 'stakeholders' | 'operations' | 'refuser'

/** Stops the run after a step's Go until somebody acknowledges what is there. */
export interface ValidationPoint {
  readonly id: string
  readonly title: string
  readonly after: number
}

/** A part of what the steps produce; `fields` are dotted paths into the output, all of it without them. */
export interface Part {
  readonly id: string
  readonly step: number
  readonly fields?: readonly string[]
}

/** A group of reviewers and what they look at before anybody approves. */
export interface ReviewGroup {
  readonly id: string
  /** Who may review: any of these roles. */
  readonly roles: readonly Role[]
  readonly subjects: readonly {
    readonly id: string
    readonly title: string
    readonly parts: readonly string[]
  }[]
}

/** A role's signature, and the parts whose authors may not give it. */
export interface ApprovalDefinition {
  readonly role: Role
  readonly signs: string
  /** It is void when the start is moved out of the approved timeline. */
  readonly timeline?: true
  readonly parts: readonly string[]
}

/** A state change that others are told of, and told again when it stops being true. */
export interface Milestone {
  readonly id: string
  readonly title: string
  /** Reached while this step is Go, or while the run is approved. */
  readonly when: { readonly step: number } | 'approved'
  /** Type of the signal; `<signal>.revoked` takes it back. Absent where nobody is told. */
  readonly signal?: string
}

/** A line of the procedure's contract, and all that it needs. */
export interface ContractLine {
  readonly id: string
  readonly title: string
  readonly needs: readonly Need[]
}

export type Need =
  | { readonly kind: 'check'; readonly check: string }
  | { readonly kind: 'step'; readonly step: number }
  /** The subjects of a group, or of all. */
  | { readonly kind: 'reviews'; readonly group?: string }
  | { readonly kind: 'approvals' }
  | { readonly kind: 'completed' }

export interface ExitState {
  readonly id: 'completed' | 'blocked' | 'aborted'
  readonly title: string
  readonly means: string
  /** The line that is shown for it; what it means unless given. */
  readonly status?: string
}
