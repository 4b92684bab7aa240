/**
 * What LaunchDarkly's evaluation knows of a flag, whichever way it was written down. Indexes and weights
 * are as they were found: what they may be is the business of whoever uses them.
 */
import type { JsonValue } from '@flagmarshal/evaluation'

/** A flag in one environment. */
export interface LaunchDarklyFlag {
  readonly key: string
  readonly name: string | undefined
  readonly description: string | undefined
  readonly maintainer: string | undefined
  readonly on: boolean
  readonly offVariation: JsonValue | undefined
  readonly variations: readonly JsonValue[]
  /** By index; undefined where a variation has no name. */
  readonly names: readonly (string | undefined)[]
  readonly prerequisites: readonly { readonly key: string; readonly variation: JsonValue | undefined }[]
  readonly targets: readonly Target[]
  readonly contextTargets: readonly Target[]
  readonly rules: readonly FlagRule[]
  readonly fallthrough: Served | undefined
  readonly salt: string
  /** What it has besides, which no evaluation needs. */
  readonly extras: readonly string[]
}

/** Keys of a kind of context, and what they are served. */
export interface Target {
  readonly contextKind: string | undefined
  readonly values: readonly string[]
  readonly variation: JsonValue | undefined
}

/** What is served: a variation, or a split. */
export interface Served {
  readonly variation: JsonValue | undefined
  readonly rollout: Rollout | undefined
}

/** A rule of a flag; without clauses it never matches. */
export interface FlagRule extends Served {
  readonly description: string | undefined
  readonly clauses: readonly Clause[] | undefined
}

/** A split of keys. */
export interface Rollout {
  readonly experiment: boolean
  /** Whether the file does not say if it is an experiment: the REST API leaves it to be guessed. */
  readonly unsure: boolean
  readonly contextKind: string | undefined
  readonly bucketBy: string | undefined
  readonly seed: JsonValue | undefined
  readonly variations: readonly {
    readonly variation: JsonValue | undefined
    readonly weight: JsonValue | undefined
  }[]
}

/** One test of a rule. */
export interface Clause {
  /** Undefined where it is absent or empty. */
  readonly attribute: string | undefined
  readonly contextKind: string | undefined
  readonly op: string
  readonly values: readonly JsonValue[]
  readonly negate: boolean
}

/** A segment in one environment. */
export interface LaunchDarklySegment {
  readonly key: string
  readonly name: string | undefined
  readonly description: string | undefined
  readonly included: readonly SegmentTarget[]
  readonly excluded: readonly SegmentTarget[]
  readonly rules: readonly SegmentRule[]
  /** Undefined where the file does not say: the REST API keeps it to itself. */
  readonly salt: string | undefined
  /** Its members are not in the file. */
  readonly unbounded: boolean
}

/** Keys of a kind of context. */
export interface SegmentTarget {
  readonly contextKind: string
  readonly values: readonly string[]
}

/** A rule of a segment, for a share of keys where it has a weight. */
export interface SegmentRule {
  readonly clauses: readonly Clause[]
  readonly weight: JsonValue | undefined
  readonly bucketBy: string | undefined
  readonly rolloutContextKind: string | undefined
}
