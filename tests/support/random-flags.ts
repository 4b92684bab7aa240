/**
 * Random flags, segments and contexts, the same in every run: whatever a flag can be that flagd can say.
 */
import type {
  AllocationRange,
  Comparison,
  Condition,
  EvaluationContext,
  Flag,
  FlagValue,
  Rule,
  Segment,
  Serve,
} from '@flagmarshal/evaluation'

import { randomOf } from './random.ts'

const ATTRIBUTES = ['plan', 'age', 'beta', 'app.version', 'email', 'targetingKey', 'constructor'] as const
const TEXTS = [
  '',
  'pro',
  'free',
  'a',
  '5',
  '18',
  'true',
  'Ada@example.com',
  'v1.2',
  '1.2.3',
  '2.0.0-rc.1',
] as const
const NUMBERS = [0, 1, 5, 18, -3, 2.5, 1e6] as const
const VERSIONS = ['1', '1.2', '1.2.3', '2.0.0-rc.1', '2.0.0', '3.10.0'] as const
const TYPES = ['boolean', 'string', 'number', 'object'] as const
const NAMES = ['on', 'off', 'blue', 'true'] as const
const VALUES: Readonly<Record<Flag['valueType'], readonly FlagValue[]>> = {
  boolean: [true, false],
  string: ['ON', '', 'b', 'c'],
  number: [0, 1, 2.5, -4],
  object: [{}, { a: [1, null] }, { b: 'x' }, { c: { d: true } }],
}

export interface RandomFlags {
  readonly flags: (count: number) => Flag[]
  readonly segments: readonly Segment[]
  readonly context: () => EvaluationContext
}

/** A source of flags for a seed. */
export function randomFlags(seed: number): RandomFlags {
  const random = randomOf(seed)
  const below = (count: number): number => Math.floor(random.uniform() * count)
  const chance = (share: number): boolean => random.uniform() < share
  function pick<T>(among: readonly T[]): T {
    const found = among[below(among.length)]
    if (found === undefined) throw new RangeError('nothing to pick from')
    return found
  }
  const several = <T>(among: readonly T[], most: number): T[] =>
    Array.from({ length: 1 + below(most) }, () => pick(among))

  function comparison(): Comparison {
    const attribute = pick(ATTRIBUTES)
    switch (below(6)) {
      case 0:
        return {
          attribute,
          op: pick(['equals', 'in']),
          values: several([...TEXTS, ...NUMBERS, true, false], 4),
        }
      case 1:
        return { attribute, op: pick(['starts-with', 'ends-with', 'contains']), values: several(TEXTS, 3) }
      case 2:
        return {
          attribute,
          op: pick(['less-than', 'at-most', 'more-than', 'at-least']),
          values: [pick(NUMBERS)],
        }
      case 3:
        return {
          attribute,
          op: pick([
            'version-equals',
            'version-less-than',
            'version-at-most',
            'version-more-than',
            'version-at-least',
            'version-same-major',
            'version-same-minor',
          ]),
          values: [pick(VERSIONS)],
        }
      case 4:
        return { attribute: 'plan', op: 'equals', values: ['pro'] }
      default:
        return { attribute, op: 'exists' }
    }
  }

  function condition(depth: number, segments: readonly string[]): Condition {
    const kind = depth > 2 ? 9 : below(10)
    const inner = (): Condition => condition(depth + 1, segments)
    if (kind === 0) return { all: Array.from({ length: below(3) }, inner) }
    if (kind === 1) return { any: Array.from({ length: below(3) }, inner) }
    if (kind === 2) return { not: inner() }
    if (kind === 3 && segments.length > 0) return { segment: pick(segments) }
    return comparison()
  }

  const segments: Segment[] = ['staff', 'testers', 'everyone'].map((key, index, all) => ({
    key,
    when: condition(1, all.slice(0, index)),
    ...(index === 0 ? {} : { include: ['user-1', 'user-2', '7'], exclude: ['user-3'] }),
  }))
  const keys = segments.map((it) => it.key)

  function ranges(variants: readonly string[]): AllocationRange[] {
    const cuts = Array.from({ length: 1 + below(5) }, () => below(100_001)).toSorted((a, b) => a - b)
    if (chance(0.3)) cuts.unshift(0)
    if (chance(0.3)) cuts.push(100_000)
    return cuts.slice(1).flatMap((to, index) => {
      const from = cuts[index] ?? 0
      return from === to || chance(0.2) ? [] : [{ from, to, variant: pick(variants) }]
    })
  }

  function allocation(variants: readonly string[]): Serve {
    const by = chance(0.8) ? 'targetingKey' : pick(ATTRIBUTES)
    const hash = chance(0.8) ? 'murmur3' : 'flagd'
    return { allocation: { by, salt: `salt-${below(1e9)}`, hash, ranges: ranges(variants) } }
  }

  function rule(index: number, variants: readonly string[]): Rule {
    const serve = chance(0.5) ? { variant: pick(variants) } : allocation(variants)
    return { id: `r${index}`, name: `Rule ${index}`, when: condition(0, keys), serve }
  }

  function ownedRule(variants: readonly string[]): Rule {
    const audiences = several(['internal', 'beta', 'everybody'], 3).map((id) => ({
      id,
      when: id === 'everybody' ? { all: [] } : condition(1, keys),
      ranges: ranges(variants).map(({ from, to }) => ({ from, to })),
    }))
    const [treatment = 'on', control = 'on'] = variants
    return {
      id: 'owned',
      name: 'Rollout',
      when: { all: [] },
      serve: {
        exposure: {
          by: 'targetingKey',
          salt: `exp-${below(1e9)}`,
          hash: 'murmur3',
          audiences,
          variant: treatment,
        },
      },
      rollout: { id: 'r', attempt: 1, treatment, control, keySampleRate: 0 },
    }
  }

  function flag(key: string, before: readonly Flag[]): Flag {
    const valueType = pick(TYPES)
    const variants = NAMES.slice(0, valueType === 'boolean' ? 2 : 2 + below(3))
    const rules = Array.from({ length: below(4) }, (_, index) => rule(index, variants))
    if (chance(0.2)) rules.splice(below(rules.length + 1), 0, ownedRule(variants))
    const asked = before.length > 0 && chance(0.25) ? several(before, 2) : []
    return {
      key,
      kind: 'release',
      valueType,
      variants: Object.fromEntries(
        variants.map((name, index) => [
          name,
          // Every tenth flag has one that is the caller's own default.
          index === 1 && key.endsWith('0') ? null : (VALUES[valueType][index] ?? false),
        ]),
      ),
      enabled: chance(0.9),
      offVariant: pick(variants),
      ...(asked.length === 0
        ? {}
        : {
            prerequisites: asked.map((it) => ({
              flag: it.key,
              variants: several(Object.keys(it.variants), 2),
            })),
          }),
      rules,
      fallthrough: chance(0.6) ? { variant: pick(variants) } : allocation(variants),
    }
  }

  function value(): unknown {
    switch (below(8)) {
      case 0:
        return pick(NUMBERS)
      case 1:
        return chance(0.5)
      case 2:
        return pick<unknown>([null, [], ['pro'], [5], {}, { length: 3 }])
      case 3:
        return pick(VERSIONS)
      default:
        return pick(TEXTS)
    }
  }

  return {
    segments,
    flags(count) {
      const made: Flag[] = []
      // Prerequisites reach a few flags back: written out, they would grow without end.
      for (let i = 0; i < count; i++)
        made.push(
          flag(
            `flag-${i}`,
            made.slice(-3).filter((it) => !it.prerequisites),
          ),
        )
      return made
    },
    context() {
      const context: Record<string, unknown> = {}
      for (const name of ATTRIBUTES) if (chance(0.6) && name !== 'constructor') context[name] = value()
      if (chance(0.85)) context['targetingKey'] = chance(0.9) ? `user-${below(1e6)}` : below(100)
      if (chance(0.05)) context['constructor'] = 'pro'
      return context
    },
  }
}
