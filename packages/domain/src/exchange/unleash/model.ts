/**
 * Features as Unleash has them, in one shape whatever file they come from: what `/api/client/features`
 * answers. The rules behind it are those of the client specification:
 * https://github.com/Unleash/client-specification.
 */

/** A test on one field of the context; all that a strategy has must hold. */
export interface Constraint {
  readonly contextName: string
  readonly operator: string
  readonly values?: readonly string[]
  readonly value?: string
  readonly inverted?: boolean
  readonly caseInsensitive?: boolean
}

/** What a variant is worth, as text. */
export interface Payload {
  readonly type: string
  readonly value: string
}

export interface Override {
  readonly contextName: string
  readonly values: readonly string[]
}

export interface Variant {
  readonly name: string
  readonly weight: number
  readonly stickiness?: string
  readonly payload?: Payload
  readonly overrides?: readonly Override[]
}

/** One way into a feature; the first that lets a context in decides. */
export interface Strategy {
  readonly name: string
  readonly title?: string
  readonly parameters: Readonly<Record<string, string>>
  readonly constraints: readonly Constraint[]
  readonly segments: readonly number[]
  readonly variants: readonly Variant[]
}

/** Another feature that must be enabled first, in one of these variants, or not. */
export interface Dependency {
  readonly feature: string
  readonly enabled: boolean
  readonly variants: readonly string[]
}

export interface Feature {
  readonly name: string
  readonly type: string
  readonly description?: string
  readonly enabled: boolean
  readonly strategies: readonly Strategy[]
  readonly variants: readonly Variant[]
  readonly dependencies: readonly Dependency[]
  readonly impressionData: boolean
}

export interface UnleashSegment {
  readonly id: number
  readonly name: string
  readonly description?: string
  readonly constraints: readonly Constraint[]
}
