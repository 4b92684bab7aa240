/**
 * Whether anybody in production is served anything but the off variant: what an abort asks before it
 * may say that no rollback is required (P-EX6).
 */
import { share } from '@flagmarshal/evaluation'
import type { Flag, Serve } from '@flagmarshal/evaluation'

import { productionOf } from './check-flags.ts'
import type { FlagRolloutFacts } from './facts.ts'

/** One sentence for each environment of production, and the rollout. */
export interface ExposureFound {
  readonly exposed: readonly string[]
  readonly unexposed: readonly string[]
}

/** Looks at the flag where it is protected; `rollout` is the state of one that is under way. */
export function exposureOf({ flag, environments }: FlagRolloutFacts, rollout?: string): ExposureFound {
  const guarded = productionOf(environments)
  const found = (flag?.configurations ?? [])
    .filter((it) => guarded.includes(it.environment))
    .map(({ environment, flag: served }) => ({ environment, ...servedIn(served) }))
  const sentences = (exposed: boolean) =>
    found.filter((it) => it.exposed === exposed).map((it) => `${it.environment}: ${it.why}`)
  return {
    exposed: [...(rollout === undefined ? [] : [`the rollout is ${rollout}`]), ...sentences(true)],
    unexposed: flag === undefined ? ['the flag does not exist'] : sentences(false),
  }
}

function servedIn(flag: Flag): { readonly exposed: boolean; readonly why: string } {
  if (!flag.enabled) return { exposed: false, why: 'the flag is off' }
  const serves = [...flag.rules.map((it) => it.serve), flag.fallthrough]
  const others = [...new Set(serves.flatMap((it) => othersIn(it, flag.offVariant)))]
  return others.length === 0
    ? { exposed: false, why: `the flag serves ${flag.offVariant} to everybody` }
    : { exposed: true, why: `the flag is on and serves ${others.join(', ')}` }
}

/** The variants other than the off one that somebody can get. */
function othersIn(serve: Serve, off: string): readonly string[] {
  const variants =
    'variant' in serve
      ? [serve.variant]
      : 'allocation' in serve
        ? serve.allocation.ranges.map((it) => it.variant)
        : serve.exposure.audiences.some((it) => share(it.ranges) > 0)
          ? [serve.exposure.variant]
          : []
  return variants.filter((it) => it !== off)
}
