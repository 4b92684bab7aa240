/** Files of Unleash that no person wrote: every operator, strategy and way to split, from a seed. */
import type { UnleashContext } from '@flagmarshal/domain/exchange/unleash/context'
import type {
  Comparison,
  Condition,
  Flag,
  JsonObject,
  JsonValue,
  Segment,
  Serve,
} from '@flagmarshal/evaluation'

import { randomOf } from './random.ts'

/** Choices that are the same in every run. */
export interface Random {
  below(end: number): number
  pick<T>(from: readonly T[]): T
}

/** Choices from a seed. */
export function choices(seed: number): Random {
  const random = randomOf(seed)
  const below = (end: number): number => Math.floor(random.uniform() * end)
  return {
    below,
    pick(from) {
      const picked = from[below(from.length)]
      // The lists here have members; some of them are undefined on purpose.
      return picked!
    },
  }
}

const OPERATORS = [
  ['IN', 'plan'],
  ['NOT_IN', 'plan'],
  ['IN', 'userId'],
  ['IN', 'age'],
  ['STR_STARTS_WITH', 'email'],
  ['STR_ENDS_WITH', 'email'],
  ['STR_CONTAINS', 'email'],
  ['NUM_EQ', 'age'],
  ['NUM_GT', 'age'],
  ['NUM_GTE', 'age'],
  ['NUM_LT', 'age'],
  ['NUM_LTE', 'age'],
  ['DATE_AFTER', 'currentTime'],
  ['DATE_BEFORE', 'currentTime'],
  ['SEMVER_EQ', 'version'],
  ['SEMVER_GT', 'version'],
  ['SEMVER_GTE', 'version'],
  ['SEMVER_LT', 'version'],
  ['SEMVER_LTE', 'version'],
  ['REGEX', 'email'],
  ['IN_CIDR', 'remoteAddress'],
  ['UNHEARD_OF', 'plan'],
] as const
const LISTS: Readonly<Record<string, readonly string[]>> = {
  plan: ['free', 'pro', 'Pro ', '', 'true'],
  userId: ['1', '2', '7', 'ada'],
  age: ['1', '17', '30', '30.0'],
  email: ['ada', '@shop.example', 'ADA', '', 'a'],
  remoteAddress: ['10.0.0.0/8', '192.168.1.7', 'nonsense', '2001:db8::/32'],
}
const VALUES: Readonly<Record<string, readonly string[]>> = {
  age: ['17', '30', '-1', 'x', '', '2.5'],
  currentTime: ['2026-01-01T00:00:00Z', '2026-06-01T00:00:00+02:00', 'x'],
  version: ['1.2.3', '2.0.0-beta.2', 'v2.0.0', '1.2', 'x'],
  email: ['^a', '(?i)ADA', '[[:digit:]]', '(', String.raw`\.example$`],
}
const CONTEXT: Readonly<Record<string, readonly unknown[]>> = {
  plan: ['free', 'pro', 'Pro', true, '', null, undefined],
  age: [1, 17, 30, '30', '30.0', 'x', '', undefined],
  email: ['ada@shop.example', 'ADA@shop.example', '7', '', undefined],
  version: ['1.2.3', '1.2.4-beta', '2.0.0', 'v2.0.0', '1.2', 'x', undefined],
  region: ['north', 'south', 3, '', undefined],
}

const some = <T>(random: Random, most: number, make: () => T): readonly T[] =>
  Array.from({ length: random.below(most + 1) }, make)
const maybe = (random: Random): boolean => random.below(2) === 0

function constraint(random: Random): JsonObject {
  const [operator, contextName] = random.pick(OPERATORS)
  const list = LISTS[contextName] ?? []
  const values = VALUES[contextName] ?? []
  return {
    contextName,
    operator,
    values: list.length === 0 ? [] : some(random, 3, () => random.pick(list)),
    ...(values.length === 0 ? {} : { value: random.pick(values) }),
    inverted: random.below(4) === 0,
    caseInsensitive: maybe(random),
  }
}

function variants(random: Random, overrides: boolean): readonly JsonValue[] {
  const stickiness = random.pick(['default', 'tenant'])
  const weights = random.pick([[1000], [500, 500], [1, 2, 3], [333, 333, 334], [0, 7], [0], [100, 0, 900]])
  return weights.map((weight, index) => ({
    name: `v${index}`,
    weight,
    stickiness,
    ...(index % 2 === 0 ? { payload: { type: 'string', value: `worth ${index}` } } : {}),
    ...(overrides && random.below(4) === 0
      ? { overrides: [{ contextName: 'plan', values: ['pro', 'true'] }] }
      : {}),
  }))
}

function strategy(random: Random): JsonObject {
  const percent = String(random.pick([0, 1, 30, 50, 99, 100]))
  const groupId = random.pick(['g', 'Feature:1', ''])
  const own = random.pick<JsonObject>([
    { name: 'default', parameters: {} },
    { name: 'userWithId', parameters: { userIds: '1, 2,ada' } },
    { name: 'remoteAddress', parameters: { IPs: '10.0.0.0/24, 192.168.1.7,nonsense' } },
    { name: 'gradualRolloutUserId', parameters: { percentage: percent, groupId } },
    { name: 'gradualRolloutSessionId', parameters: { percentage: percent, groupId } },
    {
      name: 'flexibleRollout',
      parameters: {
        rollout: percent,
        groupId,
        stickiness: random.pick(['default', 'userId', 'sessionId', 'region']),
      },
    },
    { name: 'flexibleRollout', parameters: { rollout: '100', groupId, stickiness: 'default' } },
    { name: 'ofTheirOwn', parameters: {} },
  ])
  return {
    ...own,
    constraints: some(random, 2, () => constraint(random)),
    segments: random.below(4) === 0 ? [random.below(4)] : [],
    variants: JSON.stringify(own).includes('ollout') && random.below(3) === 0 ? variants(random, false) : [],
  }
}

/** As many features, with three segments; some depend on features before them. */
export function randomUnleash(random: Random, count: number): JsonObject {
  const features = Array.from({ length: count }, (_, index): JsonObject => ({
    name: `Feature.${index}`,
    type: 'release',
    enabled: random.below(8) > 0,
    strategies: some(random, 3, () => strategy(random)),
    variants: random.below(3) === 0 ? variants(random, true) : [],
    ...(index > 0 && random.below(6) === 0 ? { dependencies: [dependency(random, index)] } : {}),
  }))
  const segments = [0, 1, 2].map((id) => ({
    id,
    name: `Segment ${id}`,
    constraints: some(random, 2, () => constraint(random)),
  }))
  return { version: 2, features, segments }
}

function dependency(random: Random, before: number): JsonObject {
  const feature = `Feature.${random.below(before)}`
  return random.pick<JsonObject>([
    { feature },
    { feature, enabled: false },
    { feature, enabled: true, variants: ['v0', 'v2'] },
    { feature, enabled: true, variants: ['disabled'] },
  ])
}

/** A context in which nothing is left to chance: there is always a user or a session, and a tenant. */
export function randomUnleashContext(random: Random): UnleashContext {
  const userId = random.pick([String(random.below(1_000)), 'ada', '7', undefined])
  return {
    ...(userId === undefined ? { sessionId: `s${random.below(100)}` } : { userId }),
    ...(maybe(random) ? { sessionId: `s${random.below(100)}` } : {}),
    remoteAddress: random.pick(['10.0.0.7', '10.9.9.9', '192.168.1.7', '2001:db8::1', 'x']),
    currentTime: random.pick([
      '2025-12-31T00:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
      '2027-01-01T00:00:00.000Z',
    ]),
    properties: {
      tenant: `t${random.below(50)}`,
      ...Object.fromEntries(
        Object.entries(CONTEXT).flatMap(([name, values]) => {
          const value = random.pick(values)
          return value === undefined ? [] : [[name, value] as const]
        }),
      ),
    },
  }
}

const COMPARISONS: readonly Comparison[] = [
  { attribute: 'plan', op: 'equals', values: ['pro'] },
  { attribute: 'plan', op: 'in', values: ['free', 'Pro', ''] },
  { attribute: 'plan', op: 'in', values: ['PRO', 'true'], ignoreCase: true },
  { attribute: 'age', op: 'in', values: [17, 30] },
  { attribute: 'age', op: 'at-least', values: [17] },
  { attribute: 'age', op: 'less-than', values: [30] },
  { attribute: 'email', op: 'ends-with', values: ['@shop.example', ' x'] },
  { attribute: 'email', op: 'starts-with', values: ['ADA'], ignoreCase: true },
  { attribute: 'email', op: 'contains', values: ['.'] },
  { attribute: 'email', op: 'matches', values: ['^a', '[0-9]$'] },
  { attribute: 'region', op: 'exists' },
  { attribute: 'targetingKey', op: 'in', values: ['7', 'ada'] },
  { attribute: 'currentTime', op: 'after', values: ['2026-01-01T00:00:00Z'] },
  { attribute: 'remoteAddress', op: 'in-cidr', values: ['10.0.0.0/24', '2001:db8::/32'] },
]

function condition(random: Random, depth = 0): Condition {
  const kind = random.below(depth > 2 ? 4 : 8)
  const inner = () => some(random, 3, () => condition(random, depth + 1))
  if (kind === 5) return { all: inner() }
  if (kind === 6) return { any: inner() }
  if (kind === 7) return { not: condition(random, depth + 1) }
  return kind === 4 ? { segment: random.pick(['beta', 'staff']) } : random.pick(COMPARISONS)
}

function serve(random: Random, names: readonly string[]): Exclude<Serve, { readonly exposure: unknown }> {
  const one = () => random.pick(names)
  if (random.below(2) === 0) return { variant: one() }
  const by = random.pick(['targetingKey', 'sessionId', 'region', 'tenant'])
  const cuts = random.pick([
    [0, 30_000],
    [0, 50_000, 100_000],
    [0, 100_000],
    [10_000, 20_000],
    [0, 1_000, 2_000, 100_000],
  ])
  const ranges = cuts.slice(1).map((to, index) => ({ from: cuts[index] ?? 0, to, variant: one() }))
  const hash = random.pick(['unleash', 'unleash', 'unleash-variant', 'unleash-weights', 'murmur3'] as const)
  return { allocation: { by, salt: hash === 'unleash-weights' ? '10:g' : 'g', hash, ranges } }
}

/** Flags of ours, for whom SDKs of Unleash may have words, with two segments. */
export function randomFlags(
  random: Random,
  count: number,
): { readonly flags: readonly Flag[]; readonly segments: readonly Segment[] } {
  const segments: readonly Segment[] = [
    {
      key: 'beta',
      when: { attribute: 'plan', op: 'equals', values: ['pro'] },
      include: ['ada'],
      exclude: ['7'],
    },
    { key: 'staff', when: { not: { attribute: 'age', op: 'at-least', values: [18] } } },
  ]
  const flags = Array.from({ length: count }, (_, index): Flag => {
    const variants: Flag['variants'] = random.pick<Flag['variants']>([
      { on: true, off: false },
      { on: true, off: false },
      { a: 'A', b: 'B', off: '' },
      { enabled: null, disabled: null, v: { x: 1 } },
    ])
    const names = Object.keys(variants)
    const valueType = 'on' in variants ? 'boolean' : 'a' in variants ? 'string' : 'object'
    const asked = `flag-${random.below(Math.max(1, index))}`
    return {
      key: `flag-${index}`,
      kind: 'release',
      valueType,
      variants,
      enabled: random.below(8) > 0,
      offVariant:
        random.below(6) === 0
          ? random.pick(names)
          : (names.find((it) => ['off', 'disabled'].includes(it)) ?? 'off'),
      ...(index > 0 && random.below(6) === 0
        ? { prerequisites: [{ flag: asked, variants: random.pick([['on'], ['off'], ['a', 'b'], ['a']]) }] }
        : {}),
      rules: some(random, 3, () => ({ when: condition(random), serve: serve(random, names) })).map(
        (it, n) => ({ ...it, id: `r${n}`, name: '' }),
      ),
      fallthrough: serve(random, names),
    }
  })
  return { flags, segments }
}
