/**
 * The strategy of a flag: what it is for, how it exposes a feature, where it is asked, how it ends.
 * The outcome of the first step of the rollout procedure.
 */
import type { FlagKind, Layer } from '@flagmarshal/evaluation'

export type Level = 'low' | 'medium' | 'high'

/** How the flag decides who gets the feature. */
export type Approach = 'boolean' | 'percentage' | 'targeting' | 'multi-variant'

export interface Strategy {
  readonly review: {
    readonly scope: string
    readonly complexity: Level
    readonly riskLevel: Level
    readonly dependencies: readonly string[]
    readonly userImpact: string
  }
  readonly type: FlagKind
  readonly approach: Approach
  /** More than one: cross-layer. */
  readonly layers: readonly Layer[]
  /** The attribute that each layer buckets by. */
  readonly bucketBy: Readonly<Partial<Record<Layer, string>>>
  readonly rollout: {
    readonly gradual: boolean
    /** Percent of users after each stage. */
    readonly targetPercents: readonly number[]
  }
  readonly mitigation: {
    readonly quickDisable: boolean
    readonly rollback: boolean
    readonly monitoring: readonly string[]
    /** Within which time every connected instance must follow a change of the flag; tighter than the usual bound. */
    readonly disableWithinMs?: number
  }
  readonly targeting: {
    readonly audience: 'all' | 'segments' | 'geography' | 'beta'
    readonly segments: readonly string[]
    readonly detail?: string
  }
  readonly experiment?: { readonly variants: readonly string[]; readonly metric?: string }
  readonly implementation: {
    readonly flagSystem: string
    readonly configuration: string
    readonly code: string
  }
  readonly life: FlagLife
}

/** How long the flag should live, and what ends it. */
export interface FlagLife {
  readonly owner: string
  /** The day after which it is debt: `2027-01-31`. */
  readonly endsOn?: string
  /** What must be so before it can go. */
  readonly retirement?: string
  /** Why it has no end. */
  readonly staysBecause?: string
}
