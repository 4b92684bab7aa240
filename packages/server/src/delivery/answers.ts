/**
 * The answers of OFREP, written once. A flag has few of them, made when it was compiled, so each is
 * turned into JSON the first time that somebody gets it, and evaluating all flags is one walk
 * through a list.
 */
import type { OfrepFailure, OfrepSuccess } from '@flagmarshal/api/ofrep'
import type {
  Compiled,
  CompiledFlag,
  ErrorCode,
  Evaluation,
  EvaluationContext,
  EvaluationError,
  Flag,
  Reason,
} from '@flagmarshal/evaluation'

/** Every reason; an answer names its own by the place in this list. */
export const REASONS = [
  'STATIC',
  'TARGETING_MATCH',
  'SPLIT',
  'DISABLED',
  'DEFAULT',
  'CACHED',
  'STALE',
  'ERROR',
] as const satisfies readonly Reason[]

/** One answer of one flag. */
export interface Answer {
  readonly status: 200 | 400
  readonly body: OfrepSuccess | OfrepFailure
  /** The body as JSON, after a comma: a member of a list. */
  readonly member: string
  /** Its place in `REASONS`. */
  readonly reason: number
}

/** Answers of one flag. */
export interface FlagAnswers {
  /** The answer, where it is the same for every context. */
  readonly fixed: Answer | undefined
  readonly answer: (context: EvaluationContext) => Answer
}

/** Answers of all flags of one revision. */
export interface Answers {
  readonly all: readonly FlagAnswers[]
  readonly byKey: ReadonlyMap<string, FlagAnswers>
}

/** Prepares the answers of all flags, in their order. */
export function answersOf(flags: readonly Flag[], compiled: Compiled): Answers {
  const byKey = new Map<string, FlagAnswers>()
  for (const { key } of flags) {
    const flag = compiled.flag(key)
    if (flag !== undefined) byKey.set(key, flagAnswers(flag))
  }
  return { all: [...byKey.values()], byKey }
}

function flagAnswers({ key, decide, fixed }: CompiledFlag): FlagAnswers {
  // Few, and found by what they are: a search through them is faster than any map.
  const evaluations: (Evaluation | EvaluationError)[] = []
  const answers: Answer[] = []

  function answerOf(evaluation: Evaluation | EvaluationError): Answer {
    for (let i = 0; i < evaluations.length; i++) {
      const known = evaluations[i] === evaluation ? answers[i] : undefined
      if (known !== undefined) return known
    }
    const answer = written(key, evaluation)
    // An error may be made for one context; those of a flag that has so many are not kept.
    if (evaluations.length < MOST_ANSWERS) {
      evaluations.push(evaluation)
      answers.push(answer)
    }
    return answer
  }
  return {
    fixed: fixed && answerOf(fixed.evaluation),
    answer: (context) => answerOf(decide(context).evaluation),
  }
}

const MOST_ANSWERS = 64

function written(key: string, evaluation: Evaluation | EvaluationError): Answer {
  const failed = 'errorCode' in evaluation
  const body = failed ? failure(key, evaluation.errorCode, evaluation.errorMessage) : success(key, evaluation)
  return {
    status: failed ? 400 : 200,
    body,
    member: `,${JSON.stringify(body)}`,
    reason: REASONS.indexOf(evaluation.reason),
  }
}

/** Providers need key and code in the body of every error. */
export function failure(key: string, errorCode: ErrorCode, errorDetails: string): OfrepFailure {
  return { key, errorCode, errorDetails }
}

function success(key: string, { value, variant, reason }: Evaluation): OfrepSuccess {
  if (value === undefined) return { key, reason, variant }
  // The engine's type is read-only all the way down; the wire's is not.
  return { key, reason, value: value as NonNullable<OfrepSuccess['value']>, variant }
}
