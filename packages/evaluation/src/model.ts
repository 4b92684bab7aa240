/**
 * The flag model: what a control plane stores and an SDK evaluates.
 *
 * Plain data only. Everything that an evaluation needs is here, in one shape for server and SDK;
 * `compile` turns it into functions once, when it arrives.
 */

/** A JSON value. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** A JSON object: what the variants of an object flag are worth. */
export interface JsonObject {
  readonly [name: string]: JsonValue
}

/** What a variant can be worth. Numbers are finite; a list stands inside an object. */
export type FlagValue = boolean | string | number | JsonObject

/** The value of a variant; `null` is the caller's own default, whatever it is. */
export type VariantValue = FlagValue | null

/** The type that all variants of a flag share. */
export type ValueType = 'boolean' | 'string' | 'number' | 'object'

/** What a flag is for; it decides its expected life and what the procedure asks. */
export type FlagKind = 'release' | 'experiment' | 'permission' | 'ops'

/** Where a flag is read. More than one layer makes it cross-layer. */
export type Layer = 'backend' | 'frontend' | 'middleware'

/** A flag as one environment serves it: the definition and its configuration there, in one. */
export interface Flag {
  readonly key: string
  readonly kind: FlagKind
  readonly valueType: ValueType
  /** Named values; every name used below is one of these. */
  readonly variants: Readonly<Record<string, VariantValue>>
  /** The kill switch. `false` serves `offVariant` with reason DISABLED, whatever the rules say. */
  readonly enabled: boolean
  readonly offVariant: string
  /** What other flags must serve before any rule counts; otherwise the off variant is served, with reason DEFAULT. Absent means none. */
  readonly prerequisites?: readonly Prerequisite[]
  /** First match wins. */
  readonly rules: readonly Rule[]
  /** Served when no rule did. A key that its allocation leaves out is served `offVariant`, with reason DEFAULT. */
  readonly fallthrough: Serve
}

/** Another flag of the same environment, and the variants of it that are wanted. */
export interface Prerequisite {
  readonly flag: string
  /** With none it is never met. */
  readonly variants: readonly string[]
  /** Whether it must be enabled, too: what it is worth while it is off does not count then. */
  readonly enabled?: true
}

/** If `when` holds, serve. A rule whose allocation leaves the context out passes it to the next rule. */
export interface Rule {
  readonly id: string
  readonly name: string
  readonly when: Condition
  readonly serve: Serve
  /** Set on the one rule that a rollout owns; people cannot edit it. While it is there, every answer has an arm. */
  readonly rollout?: RuleRollout
}

/** Whose rule it is, and the two variants that its arms compare. */
export interface RuleRollout {
  readonly id: string
  /** Counts from 1; a new attempt keeps the salts. */
  readonly attempt: number
  readonly treatment: string
  readonly control: string
  /** Share of bucketing keys whose salted hashes telemetry reports, for the sample-ratio check: 0..1. */
  readonly keySampleRate: number
}

/** What a matching rule, or the fallthrough, serves. `exposure` stands only in the rule that a rollout owns. */
export type Serve =
  | { readonly variant: string }
  | { readonly allocation: Allocation }
  | { readonly exposure: Exposure }

/**
 * A split of bucketing keys over variants. A key in no range is left out: the next rule decides. A
 * key is needed only where it makes a difference: not for 0 %, and not where one variant has 100 %.
 */
export interface Allocation {
  /** Attribute that is bucketed; `targetingKey` unless the flag says otherwise. A text, or a number as its text. */
  readonly by: string
  /** The kind of context that has the attribute; see `kind-attribute.ts`. */
  readonly contextKind?: string
  /** Any text; 15 ASCII characters are hashed fastest. */
  readonly salt: string
  readonly hash: HashScheme
  readonly ranges: readonly AllocationRange[]
}

/** Half-open: `from <= bucket < to`, both 0..100000 (0.001 % steps). */
export interface AllocationRange {
  readonly from: number
  readonly to: number
  readonly variant: string
}

/**
 * Who is exposed by a rollout: each context belongs to the first audience that matches it, and is
 * exposed when its bucket falls into one of that audience's ranges. Audiences accumulate over the
 * stages and ranges only grow, so nobody who was exposed is taken out.
 */
export interface Exposure {
  readonly by: string
  /** One salt for all stages and attempts, another one than any variant's. */
  readonly salt: string
  readonly hash: HashScheme
  readonly audiences: readonly ExposedAudience[]
  /** What the exposed arm is served: the treatment, or the control variant while observing and once rolled back. */
  readonly variant: string
}

export interface ExposedAudience {
  /** Stable id, the same in telemetry and evidence; `everybody` for the rest. */
  readonly id: string
  readonly when: Condition
  readonly ranges: readonly BucketRange[]
}

/** Half-open, 0..100000. */
export interface BucketRange {
  readonly from: number
  readonly to: number
}

/**
 * How a key becomes a bucket. Part of the stored allocation, never changed in place. `murmur3` is our
 * own; the others keep the buckets of flags that were imported, see `vendor-bucket.ts`.
 */
export type HashScheme =
  | 'murmur3'
  | 'flagd'
  | 'unleash'
  | 'unleash-variant'
  | 'unleash-weights'
  | 'growthbook-1'
  | 'growthbook-2'
  | 'launchdarkly'
  | 'flagsmith'
  | 'goff'

/**
 * A test on the evaluation context. A missing attribute or one of another type makes a comparison
 * false, and so `not` of it true. `{all: []}` holds for everybody, `{any: []}` for nobody; a
 * comparison with several values holds if one of them fits, with none for nobody. `jsonLogic` is what
 * an import could not say otherwise; it needs an engine that is passed to `compile`. `malformed` says
 * that a flag which comes to ask this cannot be evaluated for the context, and why: PARSE_ERROR.
 */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly segment: string }
  | { readonly jsonLogic: JsonValue }
  | { readonly bucketed: KeyShare }
  | { readonly malformed: string }
  | Comparison

/** A share of bucketing keys as a test: whether the bucket of the context's key lies in one of the ranges. Without a key it does not hold. */
export interface KeyShare extends Omit<Allocation, 'ranges'> {
  readonly ranges: readonly BucketRange[]
}

/** One comparison of an attribute: of the context itself, or of the context of a kind, see `kind-attribute.ts`. */
export type Comparison = AttributeTest & { readonly contextKind?: string }

type AttributeTest =
  | {
      readonly attribute: string
      readonly op: StringOperator
      readonly values: readonly string[]
      readonly ignoreCase?: boolean
    }
  | {
      readonly attribute: string
      readonly op: 'equals' | 'in'
      readonly values: readonly (string | number | boolean)[]
      readonly ignoreCase?: boolean
    }
  | { readonly attribute: string; readonly op: NumberOperator; readonly values: readonly [number] }
  | { readonly attribute: string; readonly op: DateOperator; readonly values: readonly [string] }
  | { readonly attribute: string; readonly op: VersionOperator; readonly values: readonly [string] }
  | { readonly attribute: string; readonly op: 'in-cidr'; readonly values: readonly string[] }
  | { readonly attribute: string; readonly op: 'exists' }

/** `matches`: a regular expression fits somewhere in the text; see `regexp.ts` for the syntax. */
export type StringOperator = 'starts-with' | 'ends-with' | 'contains' | 'matches'
export type NumberOperator = 'less-than' | 'at-most' | 'more-than' | 'at-least'
/** The attribute is an RFC 3339 date or time, a number of milliseconds since 1970, or a Date. */
export type DateOperator = 'before' | 'after'
/** By the precedence of https://semver.org; `1.2` is `1.2.0`. `same-major` is flagd's `^`, `same-minor` its `~`. */
export type VersionOperator =
  | 'version-equals'
  | 'version-less-than'
  | 'version-at-most'
  | 'version-more-than'
  | 'version-at-least'
  | 'version-same-major'
  | 'version-same-minor'

/** A named, reusable group of contexts: conditions plus lists of targeting keys. `exclude` wins over `include`, `include` over the condition. */
export interface Segment {
  readonly key: string
  readonly when?: Condition
  /** Targeting keys; a set lookup, however many. */
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
}

/** What an application knows of the subject of an evaluation: flat attributes, `targetingKey` among them. Untrusted. */
export type EvaluationContext = Readonly<Record<string, unknown>>
