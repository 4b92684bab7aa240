/**
 * Everything that one person is served, for a page that is made here and goes on in a browser.
 */
import type { Evaluation, EvaluationContext, EvaluationError, Flag, FlagValue } from '@flagmarshal/evaluation'

/** One flag; as in a bulk answer of OFREP. */
export type PageFlag =
  | {
      readonly key: string
      /** Absent where the variant is the caller's own default. */
      readonly value?: FlagValue
      readonly variant: string
      readonly reason: string
    }
  | { readonly key: string; readonly errorCode: string; readonly errorDetails: string }

export interface PageFlags {
  /** Whom they were evaluated for. */
  readonly targetingKey?: string
  readonly flags: readonly PageFlag[]
}

/** The answers of `evaluate` for every flag. */
export function pageFlags(
  { targetingKey }: EvaluationContext,
  flags: readonly Flag[],
  evaluate: (flag: Flag) => Evaluation | EvaluationError,
): PageFlags {
  return {
    ...(typeof targetingKey === 'string' ? { targetingKey } : {}),
    flags: flags.map((flag) => {
      const answer = evaluate(flag)
      const { key } = flag
      if ('errorCode' in answer)
        return { key, errorCode: answer.errorCode, errorDetails: answer.errorMessage }
      const { value, variant, reason } = answer
      return { key, ...(value === undefined ? {} : { value }), variant, reason }
    }),
  }
}
