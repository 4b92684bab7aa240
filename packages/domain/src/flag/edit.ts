/**
 * Editing what a flag serves in one environment: a wanted configuration, checked against the flag
 * and completed with what the writer may leave out (rule ids, salts, the rule that a rollout owns).
 */
import type { Allocation, AllocationRange, Flag, Prerequisite, Rule, Serve } from '@flagmarshal/evaluation'

import { canonical } from '../audit/canonical.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { conditionFaults } from './condition.ts'
import { prerequisiteFaults } from './prerequisite.ts'
import type { OtherFlags } from './prerequisite.ts'

/** What of a flag all environments share and an edit is checked against. */
export type FlagVariants = Pick<Flag, 'valueType' | 'variants'>

/** The flag of an edit. */
export type EditedFlag = FlagVariants & Pick<Flag, 'key'>

/** What a flag serves in one environment. */
export type ServedConfig = Pick<Flag, 'enabled' | 'offVariant' | 'prerequisites' | 'rules' | 'fallthrough'>

/** A configuration as somebody wants it. */
export interface WantedConfig {
  readonly enabled: boolean
  readonly offVariant: string
  /** Left out, they stay as they are. */
  readonly prerequisites?: readonly Prerequisite[] | undefined
  readonly rules: readonly WantedRule[]
  readonly fallthrough: WantedServe
}

export type WantedRule = Omit<Rule, 'id' | 'serve'> & {
  readonly id?: string | undefined
  readonly serve: WantedServe
}

export type WantedServe =
  | Exclude<Serve, { readonly allocation: Allocation }>
  | { readonly allocation: Omit<Allocation, 'salt'> & { readonly salt?: string | undefined } }

/** What an edit needs to know of its surroundings. */
export interface EditFacts {
  readonly flag: EditedFlag
  readonly current: ServedConfig
  /** Keys of the environment's segments. */
  readonly segments: ReadonlySet<string>
  /** The flags of the environment, where the edit names prerequisites. */
  readonly others: OtherFlags
  readonly newRuleId: () => string
  /** 15 letters or digits: with the separator they are four whole blocks of the hash. */
  readonly newSalt: () => string
}

/** Something in the wanted configuration that cannot be. */
export interface Fault {
  /** JSON Pointer into the configuration. */
  readonly pointer: string
  readonly message: string
}

/** The rules of a flag that is off and has never been configured: nothing but the off variant. */
export function initialConfig(offVariant: string): ServedConfig {
  return { enabled: false, offVariant, rules: [], fallthrough: { variant: offVariant } }
}

/** The configuration to store: the wanted one, complete. Call it only when `faultsOf` found none. */
export function edited(wanted: WantedConfig, facts: EditFacts): ServedConfig {
  const rules = wanted.rules.map((rule): Rule => {
    const { id, serve, ...rest } = rule
    return { ...rest, id: id ?? facts.newRuleId(), serve: completed(serve, facts) }
  })
  const prerequisites = wanted.prerequisites ?? facts.current.prerequisites ?? []
  return {
    enabled: wanted.enabled,
    offVariant: wanted.offVariant,
    ...(prerequisites.length === 0 ? {} : { prerequisites }),
    rules: withOwnedRule(rules, facts.current.rules),
    fallthrough: completed(wanted.fallthrough, facts),
  }
}

/** Everything that is wrong with a wanted configuration; empty if it can be stored. */
export function faultsOf(
  wanted: WantedConfig,
  facts: Pick<EditFacts, 'flag' | 'segments' | 'current' | 'others'>,
): Fault[] {
  const ids = new Map<string, number>()
  return [
    ...variantFault(wanted.offVariant, facts.flag, '/offVariant'),
    ...prerequisiteFaults(facts.flag.key, wanted.prerequisites ?? [], facts.others),
    ...wanted.rules.flatMap((rule, index) => {
      const at = `/rules/${index}`
      // The rollout's own rule is compared with the stored one, not checked again.
      if (rule.rollout !== undefined) return []
      return [
        ...idFault(rule.id, ids, at, index),
        ...conditionFaults(rule.when, facts.segments, `${at}/when`),
        ...serveFaults(rule.serve, facts.flag, `${at}/serve`),
      ]
    }),
    ...serveFaults(wanted.fallthrough, facts.flag, '/fallthrough'),
  ]
}

/** Why the edit may not touch the rule that a rollout owns; `undefined` where it does not. */
export function ownedRuleRefusal(wanted: WantedConfig, current: ServedConfig): Refusal | undefined {
  const owned = current.rules.find((rule) => rule.rollout !== undefined)
  const claims = wanted.rules.flatMap((rule, index) =>
    rule.rollout !== undefined || 'exposure' in rule.serve || (owned !== undefined && rule.id === owned.id)
      ? [{ rule, index }]
      : [],
  )
  const [first, second] = claims
  const wrong = first !== undefined && canonical(first.rule) !== canonical(owned ?? null) ? first : second
  if (wrong === undefined) return undefined
  return refuse(
    'rule-owned-by-rollout',
    owned === undefined
      ? `Rule ${wrong.index} looks like a rollout's rule; only the rollout controller places one.`
      : `Rule "${owned.name}" belongs to rollout ${owned.rollout?.id}; people cannot change it.`,
    'Leave the rule out, or send it back as it was read. To change the exposure, use the rollout.',
    `/rules/${wrong.index}`,
  )
}

/** The variants that a configuration serves, each with the place that names it. */
export function variantsUsed(config: ServedConfig): { readonly variant: string; readonly pointer: string }[] {
  return [
    { variant: config.offVariant, pointer: '/offVariant' },
    ...config.rules.flatMap((rule, index) => [
      ...servedBy(rule.serve, `/rules/${index}/serve`),
      ...(rule.rollout === undefined
        ? []
        : [
            { variant: rule.rollout.treatment, pointer: `/rules/${index}/rollout/treatment` },
            { variant: rule.rollout.control, pointer: `/rules/${index}/rollout/control` },
          ]),
    ]),
    ...servedBy(config.fallthrough, '/fallthrough'),
  ]
}

function servedBy(serve: Serve, at: string): { variant: string; pointer: string }[] {
  if ('variant' in serve) return [{ variant: serve.variant, pointer: `${at}/variant` }]
  if ('exposure' in serve) return [{ variant: serve.exposure.variant, pointer: `${at}/exposure/variant` }]
  return serve.allocation.ranges.map(({ variant }, index) => ({
    variant,
    pointer: `${at}/allocation/ranges/${index}/variant`,
  }))
}

function completed(serve: WantedServe, facts: EditFacts): Serve {
  if (!('allocation' in serve)) return serve
  const { salt, ...rest } = serve.allocation
  return { allocation: { ...rest, salt: salt ?? facts.newSalt() } }
}

/** Left out, the rollout's rule keeps its place: last if it was last, else the same distance from the top. */
function withOwnedRule(rules: readonly Rule[], stored: readonly Rule[]): Rule[] {
  const at = stored.findIndex((rule) => rule.rollout !== undefined)
  const owned = stored[at]
  if (owned === undefined || rules.some((rule) => rule.rollout !== undefined)) return [...rules]
  return at === stored.length - 1 ? [...rules, owned] : rules.toSpliced(at, 0, owned)
}

function idFault(id: string | undefined, ids: Map<string, number>, at: string, index: number): Fault[] {
  if (id === undefined) return []
  const before = ids.get(id)
  if (before !== undefined) return [{ pointer: `${at}/id`, message: `Rule ${before} has this id, too.` }]
  ids.set(id, index)
  return []
}

function serveFaults(serve: WantedServe, flag: FlagVariants, at: string): Fault[] {
  if ('variant' in serve) return variantFault(serve.variant, flag, `${at}/variant`)
  if ('exposure' in serve) return []
  const { ranges } = serve.allocation
  return [
    ...rangeFaults(ranges, `${at}/allocation/ranges`),
    ...ranges.flatMap(({ variant }, index) =>
      variantFault(variant, flag, `${at}/allocation/ranges/${index}/variant`),
    ),
  ]
}

/** Ranges lie within 0..100000, in order, none empty, none over another. */
function rangeFaults(ranges: readonly AllocationRange[], at: string): Fault[] {
  let end = 0
  return ranges.flatMap(({ from, to }, index) => {
    const pointer = `${at}/${index}`
    if (from < 0 || to > 100_000)
      return [{ pointer, message: `A range lies within 0 and 100000, not ${from}..${to}.` }]
    if (from >= to) return [{ pointer, message: `Range ${from}..${to} is empty.` }]
    if (from < end)
      return [
        { pointer, message: `Range ${from}..${to} begins before ${end}, where the one before it ends.` },
      ]
    end = to
    return []
  })
}

function variantFault(variant: string, flag: FlagVariants, pointer: string): Fault[] {
  if (Object.hasOwn(flag.variants, variant)) return []
  const names = Object.keys(flag.variants).join(', ')
  return [{ pointer, message: `There is no variant "${variant}"; the flag has ${names}.` }]
}
