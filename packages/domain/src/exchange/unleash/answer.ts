/**
 * What is served of a flag, in the words of Unleash: enabled or not, and a variant with its payload.
 *
 * A boolean flag is enabled where it serves true, any other one where it serves something else than its
 * off variant. So a flag that is turned off is not enabled, whatever its off variant is worth.
 */
import type { Evaluation, EvaluationError, Flag, FlagValue } from '@flagmarshal/evaluation'

import type { Payload } from './model.ts'

/** The variant that says enabled and nothing more, where it has no value. */
export const BARE = 'enabled'

/** A variant as SDKs of Unleash give it to applications. */
export interface ServedVariant {
  readonly name: string
  readonly enabled: boolean
  readonly feature_enabled: boolean
  readonly payload?: Payload
}

/** What a feature is for one context. */
export interface UnleashAnswer {
  readonly enabled: boolean
  readonly variant: ServedVariant
}

/** The answer for one evaluation; an error is not enabled. */
export function unleashAnswer(
  flag: Pick<Flag, 'valueType' | 'offVariant' | 'variants'>,
  evaluation: Evaluation | EvaluationError,
): UnleashAnswer {
  const enabled = !('errorCode' in evaluation) && isEnabled(flag, evaluation.variant)
  const none: ServedVariant = { name: 'disabled', enabled: false, feature_enabled: enabled }
  if (!enabled || 'errorCode' in evaluation || !isVariant(flag, evaluation.variant))
    return { enabled, variant: none }
  const payload = payloadOf(evaluation.value)
  return {
    enabled,
    variant: {
      name: evaluation.variant,
      enabled: true,
      feature_enabled: true,
      ...(payload === undefined ? {} : { payload }),
    },
  }
}

/** Whether a flag that serves this variant is enabled. */
export function isEnabled(
  { valueType, offVariant, variants }: Pick<Flag, 'valueType' | 'offVariant' | 'variants'>,
  variant: string,
): boolean {
  return valueType === 'boolean' ? variants[variant] === true : variant !== offVariant
}

/** Whether it is a variant to Unleash, and not only the word that the flag is enabled. */
export function isVariant(
  { valueType, variants }: Pick<Flag, 'valueType' | 'variants'>,
  name: string,
): boolean {
  return valueType !== 'boolean' && !(name === BARE && variants[name] === null)
}

/** A value as a payload; none where the caller's own default is meant. */
export function payloadOf(value: FlagValue | null | undefined): Payload | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'object') return { type: 'json', value: JSON.stringify(value) }
  return { type: typeof value === 'number' ? 'number' : 'string', value: String(value) }
}
