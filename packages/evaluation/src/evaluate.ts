/**
 * The answer of an evaluation.
 */
import type { FlagValue } from './model.ts'
import type { ErrorCode, Reason } from './reason.ts'

/**
 * Which side of a rollout a context stands on. `exposed`: in an audience and in range. `control`: in
 * an audience, out of range, and finally served the control variant. `outside`: anything else,
 * never compared.
 */
export type Arm = 'exposed' | 'control' | 'outside'

/** What was served, and why. */
export interface Evaluation {
  readonly value: FlagValue
  readonly variant: string
  readonly reason: Reason
  /** The rule that decided; absent for DISABLED and the fallthrough. */
  readonly ruleId?: string
  /** Only while the flag has a rule that a rollout owns. */
  readonly arm?: Arm
  readonly audience?: string
  readonly rollout?: { readonly id: string; readonly attempt: number }
}

/** Why there is no value: the caller serves its own default. */
export interface EvaluationError {
  readonly reason: 'ERROR'
  readonly errorCode: ErrorCode
  readonly errorMessage: string
}
