/**
 * What an evaluation is for the counts: its outcome, and the key that decided exposure.
 */
import { bucketingKey, trafficSlice } from '@flagmarshal/evaluation'
import type { Evaluation, EvaluationContext, Flag } from '@flagmarshal/evaluation'

import type { FirstEvaluation } from './counts.ts'

/**
 * A flag without a rollout counts as `outside`: usage, by slices of the targeting keys. Keys are wanted of
 * the two arms that are compared.
 */
export function describeEvaluation(
  flag: Flag | undefined,
  evaluation: Evaluation,
  context: EvaluationContext,
  key: string,
): FirstEvaluation {
  const { variant, arm = 'outside', audience, rollout, reason } = evaluation
  const sampled = arm === 'outside' ? undefined : sampledKey(flag, context)
  const slice = rollout === undefined ? sliceOf(key, context) : undefined
  return {
    flag: key,
    variant,
    arm,
    reason,
    ...(audience === undefined ? {} : { audience }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(sampled === undefined ? {} : { sampled }),
    ...(slice === undefined ? {} : { slice }),
  }
}

function sliceOf(flag: string, context: EvaluationContext): number | undefined {
  const key = bucketingKey(context, 'targetingKey')
  return key === undefined ? undefined : trafficSlice(flag, key)
}

function sampledKey(flag: Flag | undefined, context: EvaluationContext): FirstEvaluation['sampled'] {
  for (const { rollout, serve } of flag?.rules ?? []) {
    if (rollout === undefined || !('exposure' in serve)) continue
    const key = bucketingKey(context, serve.exposure.by)
    return key === undefined ? undefined : { key, rate: rollout.keySampleRate }
  }
  return undefined
}

/** What a request can be counted as while a flag's rollout runs; nothing for a flag without one. */
export function comparedArmsOf({ key: flag, rules }: Flag): FirstEvaluation[] {
  return rules.flatMap(({ rollout, serve }) => {
    if (rollout === undefined || !('exposure' in serve)) return []
    const { id, attempt, treatment, control } = rollout
    return serve.exposure.audiences.flatMap(({ id: audience }) => {
      const of = { flag, audience, rollout: { id, attempt } }
      return [
        { ...of, arm: 'exposed' as const, variant: treatment },
        { ...of, arm: 'exposed' as const, variant: control },
        { ...of, arm: 'control' as const, variant: control },
      ]
    })
  })
}
