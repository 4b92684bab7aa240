/**
 * The answer of an evaluation.
 */
import type { Compiled } from './compile.ts'
import type { EvaluationContext, FlagValue, ValueType } from './model.ts'
import { failed } from './outcome.ts'
import type { ErrorCode, Reason } from './reason.ts'

/**
 * Which side of a rollout a context stands on. `exposed`: in an audience and in range. `control`: in
 * an audience, out of range, and finally served the control variant. `outside`: anything else,
 * never compared.
 */
export type Arm = 'exposed' | 'control' | 'outside'

/** What was served, and why. Frozen: the same object answers every evaluation with this outcome. */
export interface Evaluation {
  /** `undefined` where the variant is the caller's own default. */
  readonly value: FlagValue | undefined
  readonly variant: string
  readonly reason: Reason
  /** The rule that decided; absent for DISABLED and the fallthrough. */
  readonly ruleId?: string
  /** Only while the flag has a rule that a rollout owns. */
  readonly arm?: Arm
  /** The audience that the context belongs to; absent outside. */
  readonly audience?: string
  /** Wherever there is an arm. */
  readonly rollout?: { readonly id: string; readonly attempt: number }
}

/** Why there is no value: the caller serves its own default. */
export interface EvaluationError {
  readonly reason: 'ERROR'
  readonly errorCode: ErrorCode
  /** For the developer of the application; never shows an attribute's value. */
  readonly errorMessage: string
}

/**
 * What a flag serves to a context, and why. Synchronous and pure; never throws, whatever the
 * context. The errors are FLAG_NOT_FOUND, PARSE_ERROR (a malformed flag), TYPE_MISMATCH (the flag
 * is of another type than was asked for) and TARGETING_KEY_MISSING (a partial allocation had to
 * bucket a context without a key).
 */
export function evaluate(
  compiled: Compiled,
  key: string,
  valueType: ValueType,
  context: EvaluationContext,
): Evaluation | EvaluationError {
  const flag = compiled.flag(key)
  if (flag === undefined) return flagNotFound(key)

  const { evaluation } = flag.decide(context)
  if (flag.valueType === valueType) return evaluation
  // A malformed flag has no type to speak of.
  if ('errorCode' in evaluation && evaluation.errorCode === 'PARSE_ERROR') return evaluation
  const message = `flag ${JSON.stringify(key)} is of type ${flag.valueType}, not ${valueType}`
  return failed('TYPE_MISMATCH', message).evaluation
}

/** The answer for a key that no flag has. */
export function flagNotFound(key: string): Evaluation | EvaluationError {
  return failed('FLAG_NOT_FOUND', `there is no flag ${JSON.stringify(key)}`).evaluation
}
