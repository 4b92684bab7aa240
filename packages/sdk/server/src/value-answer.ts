/** The answer for a flag whose value is simply known, without rules. */
import type { Evaluation, EvaluationError, FlagValue, ValueType } from '@flagmarshal/evaluation'

/** The value as an evaluation, or TYPE_MISMATCH where another type was asked for. */
export function valueAnswer(
  key: string,
  value: FlagValue,
  { valueType, variant }: { readonly valueType: ValueType; readonly variant: string },
): Evaluation | EvaluationError {
  if (typeof value === valueType) return { value, variant, reason: 'STATIC' }
  const errorMessage = `flag ${JSON.stringify(key)} is a ${typeof value} here, not a ${valueType}`
  return { reason: 'ERROR', errorCode: 'TYPE_MISMATCH', errorMessage }
}
