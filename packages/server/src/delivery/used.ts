/**
 * What pages say they have used, as far as it can be true: anybody can read the key of a page and send what
 * he likes, so only flags and variants that are there count.
 */
import type { Exposures } from '@flagmarshal/api/exposure'

import type { EnvironmentState } from './environment-state.ts'

/** Of the counts those of flags and variants that the environment has. */
export function usedThere(state: EnvironmentState, counts: Exposures['counts']): Exposures['counts'] {
  return counts.filter(({ flag, variant }) => {
    const variants = state.compiled().flag(flag)?.flag.variants
    return variants !== undefined && (variant === null || Object.hasOwn(variants, variant))
  })
}
