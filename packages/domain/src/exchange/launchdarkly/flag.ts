/**
 * One flag of LaunchDarkly's as one of ours: its targets and rules in the order in which LaunchDarkly asks
 * them, then its fallthrough.
 */
import type { Condition, Rule } from '@flagmarshal/evaluation'

import { callerDefaultName, NotHere, typedVariants } from '../imported.ts'
import type { ImportedFlag } from '../imported.ts'
import { clauseConditions } from './clause.ts'
import type { InSegment, Notes } from './clause.ts'
import type { LaunchDarklyFlag, Served, Target } from './model.ts'
import type { Asked } from './prerequisites.ts'
import { translated, variantOf } from './serve.ts'
import type { ServingFlag } from './serve.ts'
import { namesOf } from './variant-names.ts'

/** What a flag's parts are translated with. */
export interface Surroundings {
  readonly inSegment: InSegment
  readonly notes: Notes
  readonly asked: Asked
}

/** A rule as it would be stored. */
type ImportedRule = Omit<Rule, 'id'>

const EVERYBODY: Condition = { all: [] }

/** The flag as it would be stored. Throws NotHere where it cannot be. */
export function importedFlag(flag: LaunchDarklyFlag, around: Surroundings): ImportedFlag {
  const names = variantsOf(flag)
  if (names.length === 0) throw new NotHere('it has no variations')
  const values = typedVariants(
    Object.fromEntries(names.map((name, index) => [name, flag.variations[index] ?? null])),
  )
  const serving: ServingFlag = { key: flag.key, salt: flag.salt, variants: names }
  const own = callerDefaultName(names)
  const offVariant = offVariantOf(flag, serving, around) ?? own
  const last = ruleBranches('Fallthrough', EVERYBODY, flag.fallthrough, serving)
  const rules = [
    ...around.asked.before.map((it) => ({ ...it, serve: { variant: offVariant } })),
    ...targetRules(flag, serving),
    ...flag.rules.flatMap((rule, index) => {
      const name = rule.description ?? `Rule ${index + 1}`
      if (rule.clauses === undefined) {
        around.notes.low(`${name} has no clauses and never matches: it is not kept.`)
        return []
      }
      const clauses = clauseConditions(rule.clauses, around.inSegment, around.notes)
      const [only] = clauses
      const when = clauses.length === 1 && only !== undefined ? only : { all: clauses }
      return served(name, when, rule, serving)
    }),
    ...last.malformed,
  ]
  return {
    key: flag.key,
    name: flag.name,
    description: flag.description,
    owner: flag.maintainer,
    valueType: values.valueType,
    variants: offVariant === own ? { ...values.variants, [own]: null } : values.variants,
    enabled: flag.on,
    offVariant,
    prerequisites: around.asked.prerequisites,
    rules,
    fallthrough: last.serve ?? { variant: offVariant },
  }
}

/** The names of its variations here, by index. */
export function variantsOf({ variations, names }: LaunchDarklyFlag): readonly string[] {
  return namesOf(variations, names)
}

/** The off variation; undefined where LaunchDarkly leaves the caller with its own default. */
function offVariantOf(
  { offVariation }: LaunchDarklyFlag,
  serving: ServingFlag,
  { notes }: Surroundings,
): string | undefined {
  if (typeof offVariation !== 'number') return undefined
  const variant = variantOf(offVariation, serving)
  if (variant === undefined)
    notes.medium(
      'Its off variation is none of its variations: off, it serves the caller’s default, as in LaunchDarkly, but without an error.',
    )
  return variant
}

/** One rule for the keys of each variation, in the order in which LaunchDarkly looks for them. */
function targetRules(flag: LaunchDarklyFlag, serving: ServingFlag): readonly ImportedRule[] {
  return targetsOf(flag).flatMap(({ contextKind = 'user', values, variation }) => {
    if (values.length === 0) return []
    const when: Condition = { attribute: 'key', contextKind, op: 'in', values }
    const name = `Targets of ${contextKind}: ${variantOf(variation, serving) ?? 'a variation that is not there'}`
    return served(name, when, { variation, rollout: undefined }, serving)
  })
}

/** Where targets of kinds are listed, they say the order, and the keys of users stand in the other list. */
function targetsOf({ targets, contextTargets }: LaunchDarklyFlag): readonly Target[] {
  if (contextTargets.length === 0) return targets
  return contextTargets.flatMap((target) => {
    if (target.contextKind !== undefined && target.contextKind !== 'user') return [target]
    const users = targets.find((it) => it.variation === target.variation)
    return users === undefined ? [] : [users]
  })
}

function served(name: string, when: Condition, what: Served, serving: ServingFlag): readonly ImportedRule[] {
  const { malformed, serve } = ruleBranches(name, when, what, serving)
  return serve === undefined ? malformed : [...malformed, { name, when, serve }]
}

/** A rule that ends in an error serves nobody; what it would serve is never asked. */
function ruleBranches(
  name: string,
  when: Condition,
  what: Served | undefined,
  serving: ServingFlag,
): { readonly malformed: readonly ImportedRule[]; readonly serve: ReturnType<typeof translated>['serve'] } {
  const { malformed, serve } = translated(what, serving)
  const [first = ''] = serving.variants
  return {
    malformed: malformed.map((it) => ({
      name,
      when: when === EVERYBODY ? it : { all: [when, it] },
      serve: { variant: first },
    })),
    serve,
  }
}
