/**
 * What SDKs of Unleash are served of one revision, made when the first of them asks.
 */
import type { UnleashMetrics } from '@flagmarshal/api/unleash'
import { BARE, isEnabled, unleashAnswer } from '@flagmarshal/domain/exchange/unleash/answer'
import type { ServedVariant } from '@flagmarshal/domain/exchange/unleash/answer'
import { contextOf, textual } from '@flagmarshal/domain/exchange/unleash/context'
import type { UnleashContext } from '@flagmarshal/domain/exchange/unleash/context'
import { unleashFeatures } from '@flagmarshal/domain/exchange/unleash/features'
import type { LeftOut, UnleashFeature } from '@flagmarshal/domain/exchange/unleash/features'
import { compile } from '@flagmarshal/evaluation'
import type { Flag, Snapshot } from '@flagmarshal/evaluation'

import { engines } from '../json-logic.ts'

/** A flag that is enabled for a context. */
export interface Toggle {
  readonly name: string
  readonly enabled: true
  readonly variant: ServedVariant
  readonly impressionData: false
}

export interface UnleashState {
  readonly features: readonly UnleashFeature[]
  readonly leftOut: readonly LeftOut[]
  /** The answer to those that ask for all features. */
  readonly bytes: Buffer
  /** The flags that are enabled for a context. */
  readonly toggles: (context: UnleashContext) => readonly Toggle[]
}

/** What of a flag was used, in our words; the variant is absent where their count does not say which. */
export interface UsedVariant {
  readonly flag: string
  readonly variant: string
  readonly n: number
}

/** Everything for one revision. */
export function unleashState(snapshot: Snapshot): UnleashState {
  const { features, leftOut } = unleashFeatures(snapshot)
  const compiled = compile(textual(snapshot), engines)
  return {
    features,
    leftOut,
    bytes: featuresAnswer(snapshot, features, leftOut.length),
    toggles(context) {
      const own = contextOf(context)
      return snapshot.flags.flatMap((flag): readonly Toggle[] => {
        const evaluation = compiled.flag(flag.key)?.decide(own).evaluation
        if (evaluation === undefined) return []
        const { enabled, variant } = unleashAnswer(flag, evaluation)
        return enabled ? [{ name: flag.key, enabled, variant, impressionData: false }] : []
      })
    },
  }
}

/** Features as they go over the wire. */
export function featuresAnswer(
  { revision, environment }: Pick<Snapshot, 'revision' | 'environment'>,
  features: readonly UnleashFeature[],
  leftOut: number,
): Buffer {
  const query = { environment, inlineSegmentConstraints: true }
  const answer = {
    version: 2,
    features,
    segments: [],
    query,
    meta: { revision, etag: `"${revision}"`, leftOut },
  }
  return Buffer.from(JSON.stringify(answer))
}

/**
 * The counts of an SDK by our variants. `yes` and `no` of a boolean flag are its values; of another one
 * the variants say more, and what of `yes` they do not account for was asked without its variant.
 */
export function usedVariants(flags: readonly Flag[], { bucket }: UnleashMetrics): readonly UsedVariant[] {
  return flags.flatMap((flag) => {
    // A flag may be called `constructor`.
    const counted = Object.hasOwn(bucket.toggles, flag.key) ? bucket.toggles[flag.key] : undefined
    if (counted === undefined) return []
    const { yes, no, variants } = counted
    const names = Object.keys(flag.variants)
    const only = (on: boolean): readonly string[] => names.filter((it) => isEnabled(flag, it) === on)
    const told = Object.entries(variants).filter(([name]) => names.includes(name) && isEnabled(flag, name))
    const rest = yes - told.reduce((sum, [, n]) => sum + n, 0)
    return [
      ...told.map(([variant, n]) => ({ flag: flag.key, variant, n })),
      ...named(flag.key, certain(only(true)), rest),
      ...named(flag.key, certain(only(false)), no),
    ].filter((it) => it.n > 0)
  })
}

/** The one that it must have been. */
function certain(names: readonly string[]): string | undefined {
  const [first] = names
  if (names.length === 1) return first
  return names.find((it) => it === BARE)
}

function named(flag: string, variant: string | undefined, n: number): readonly UsedVariant[] {
  return variant === undefined ? [] : [{ flag, variant, n: Math.round(n) }]
}
