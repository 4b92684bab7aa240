/** Explaining an evaluation: what the environment serves now, to one context, and why. */
import type { Explanation } from '@flagmarshal/api/flag'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { explain } from '@flagmarshal/evaluation'
import type { EvaluationContext } from '@flagmarshal/evaluation'

import { notFound } from '../refusals.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import type { Environments } from './environments.ts'

/** Evaluates with everything that was committed before the call. */
export async function explainFlag(
  { environments }: { readonly environments: Environments },
  { project, environment, flag }: FlagConfigKey,
  context: EvaluationContext,
): Promise<Explanation | Refusal> {
  const state = await environments.fresh({ project, environment })
  if (state === undefined) return notFound('environment', environment)
  const compiled = state.compiled()
  if (compiled.flag(flag) === undefined) return notFound('flag', `${flag} in ${environment}`)
  const explanation = explain(compiled, flag, context)
  return {
    ...explanation,
    trace: explanation.trace.map(({ ranges, ...step }) => ({
      ...step,
      ...(ranges === undefined ? {} : { ranges: ranges.map((it) => ({ ...it })) }),
    })),
  }
}
