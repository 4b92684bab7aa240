/**
 * Answers, made once.
 *
 * A flag has few possible answers: one for each variant that a rule, an arm or an error can lead
 * to. They are built when the snapshot arrives, so that an evaluation only chooses among them and
 * allocates nothing, and the value alone and the full answer can never disagree.
 */
import type { Evaluation, EvaluationError } from './evaluate.ts'
import type { Flag, FlagValue, RuleRollout } from './model.ts'
import type { ErrorCode, Reason } from './reason.ts'

/** One possible answer of a flag. All outcomes have the same shape, which keeps property reads fast. */
export interface Outcome {
  /** `undefined` where there is none and the caller's default is served. */
  readonly value: FlagValue | undefined
  readonly evaluation: Evaluation | EvaluationError
  /** The same answer for the control arm, by position of the audience; only where it serves the control variant. */
  readonly control: readonly Outcome[] | undefined
}

/** What the answers of a flag are made from. */
export interface Answers {
  readonly flag: Flag
  /** Of the rule that a rollout owns, if there is one. */
  readonly rollout: RuleRollout | undefined
  /** Ids of the rollout's audiences, in order. */
  readonly audiences: readonly string[]
}

/** What distinguishes the answers that serve the same variant. */
export interface Circumstance {
  readonly reason: Reason
  readonly ruleId?: string
}

/** The answer that serves this variant. Throws an error if the flag has no such variant or its value is of another type. */
export function served(answers: Answers, variant: string, circumstance: Circumstance): Outcome {
  const value = valueOf(answers.flag, variant)
  const { rollout, audiences } = answers
  if (rollout === undefined) return outcome({ value, variant, ...circumstance })

  const owner = { id: rollout.id, attempt: rollout.attempt }
  const control =
    variant === rollout.control
      ? audiences.map((audience) =>
          outcome({ value, variant, ...circumstance, arm: 'control', audience, rollout: owner }),
        )
      : undefined
  return outcome({ value, variant, ...circumstance, arm: 'outside', rollout: owner }, control)
}

/** The answer for a context that the rollout exposes. Throws as `served` does. */
export function exposed(
  flag: Flag,
  rollout: RuleRollout,
  answer: {
    readonly variant: string
    readonly audience: string
    readonly reason: Reason
    readonly ruleId: string
  },
): Outcome {
  const value = valueOf(flag, answer.variant)
  return outcome({ value, ...answer, arm: 'exposed', rollout: { id: rollout.id, attempt: rollout.attempt } })
}

/** The answer that leaves the caller with its own default. */
export function failed(errorCode: ErrorCode, errorMessage: string): Outcome {
  const evaluation = Object.freeze({ reason: 'ERROR', errorCode, errorMessage } as const)
  return { value: undefined, evaluation, control: undefined }
}

/** The value of a variant. Throws an error if the flag has no such variant or its value is of another type. */
export function valueOf(flag: Flag, variant: string): FlagValue {
  // `hasOwn`, because a name like `constructor` must not find what every object inherits.
  const value = Object.hasOwn(flag.variants, variant) ? flag.variants[variant] : undefined
  if (value === undefined) throw new Error(`there is no variant ${JSON.stringify(variant)}`)
  if (typeof value !== flag.valueType) {
    throw new TypeError(`variant ${JSON.stringify(variant)} is no ${flag.valueType}`)
  }
  return value
}

function outcome(evaluation: Evaluation, control?: readonly Outcome[]): Outcome {
  if (evaluation.rollout !== undefined) Object.freeze(evaluation.rollout)
  return { value: evaluation.value, evaluation: Object.freeze(evaluation), control }
}
