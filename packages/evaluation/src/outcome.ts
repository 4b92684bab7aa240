/**
 * Answers, made once.
 *
 * A flag has few possible answers: one for each variant that a rule, an arm or an error can lead
 * to. They are built when the snapshot arrives, so that an evaluation only chooses among them and
 * allocates nothing, and the value alone and the full answer can never disagree.
 */
import type { Evaluation, EvaluationError } from './evaluate.ts'
import type { Flag, FlagValue, JsonObject, JsonValue, RuleRollout, ValueType, VariantValue } from './model.ts'
import type { ErrorCode, Reason } from './reason.ts'

/** One possible answer of a flag. All outcomes have the same shape, which keeps property reads fast. */
export interface Outcome {
  /** `undefined` where the caller's default is served. */
  readonly value: FlagValue | undefined
  readonly evaluation: Evaluation | EvaluationError
  /** The same answer for the control arm, by position of the audience; only where it serves the control variant. */
  readonly control: readonly Outcome[] | undefined
}

/** What the answers of a flag are made from. */
export interface Answers {
  readonly flag: Flag
  /** What is served for each variant. */
  readonly values: ReadonlyMap<string, VariantValue>
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
  const value = answeredBy(answers, variant) ?? undefined
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
  answers: Answers,
  rollout: RuleRollout,
  answer: {
    readonly variant: string
    readonly audience: string
    readonly reason: Reason
    readonly ruleId: string
  },
): Outcome {
  const value = answeredBy(answers, answer.variant) ?? undefined
  return outcome({ value, ...answer, arm: 'exposed', rollout: { id: rollout.id, attempt: rollout.attempt } })
}

/** The answer that leaves the caller with its own default. */
export function failed(errorCode: ErrorCode, errorMessage: string): Outcome {
  const evaluation = Object.freeze({ reason: 'ERROR', errorCode, errorMessage } as const)
  return { value: undefined, evaluation, control: undefined }
}

/** What this flag serves for each variant. Throws an error if a value is of another type. */
export function valuesOf(flag: Flag): ReadonlyMap<string, VariantValue> {
  return new Map(Object.keys(flag.variants).map((name) => [name, servable(valueOf(flag, name))]))
}

function answeredBy({ flag, values }: Answers, variant: string): VariantValue {
  const value = values.get(variant)
  return value === undefined ? valueOf(flag, variant) : value
}

/** The value of a variant. Throws an error if the flag has no such variant or its value is of another type. */
export function valueOf(flag: Flag, variant: string): VariantValue {
  // `hasOwn`, because a name like `constructor` must not find what every object inherits.
  const value = Object.hasOwn(flag.variants, variant) ? flag.variants[variant] : undefined
  if (value === undefined) throw new Error(`there is no variant ${JSON.stringify(variant)}`)
  if (value !== null && !isOfType(value, flag.valueType)) {
    throw new TypeError(`variant ${JSON.stringify(variant)} is no ${flag.valueType}`)
  }
  return value
}

/** Whether a value may stand in a variant of this type. */
export function isOfType(value: unknown, type: ValueType): value is FlagValue {
  if (type === 'number') return Number.isFinite(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

/** The value as it is served: objects as frozen copies, because one answer serves every caller. */
function servable(value: VariantValue): VariantValue {
  return typeof value === 'object' && value !== null ? frozenObject(value) : value
}

function frozenObject(object: JsonObject): JsonObject {
  // Members are defined, not assigned: `__proto__` is a name like any other in JSON.
  const copy: Record<string, JsonValue> = Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, frozen(value)]),
  )
  return Object.freeze(copy)
}

function frozen(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  return isList(value) ? Object.freeze(value.map(frozen)) : frozenObject(value)
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function outcome(evaluation: Evaluation, control?: readonly Outcome[]): Outcome {
  if (evaluation.rollout !== undefined) Object.freeze(evaluation.rollout)
  return { value: evaluation.value, evaluation: Object.freeze(evaluation), control }
}
