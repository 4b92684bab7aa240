/** The parts that flags and segments of LaunchDarkly are made of at random. Shapes are those of its SDKs' data. */
import type { EvaluationContext } from '@openfeature/server-sdk'

import { contextOf, KEYS, KINDS, TEXTS } from './contexts.ts'
import type { Choice } from './contexts.ts'

/** JSON as it is written in LaunchDarkly's files. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type Item = Readonly<Record<string, Json>>

/** Flags and segments; keys are made unique by whoever writes the file. */
export interface Made {
  readonly flags: readonly Item[]
  readonly segments?: readonly Item[]
}

/** One feature: what is made for it, and the contexts that it is asked with. */
export interface Feature {
  readonly make: (choice: Choice, at: number) => Made
  readonly context?: (choice: Choice) => EvaluationContext
  /** Flags that are made; 30 where most are asked of each. */
  readonly times?: number
}

export const REFERENCES = [
  'country',
  '/country',
  '/address/street',
  '/address/geo/city',
  '/address/geo/list',
  '/address/geo/list/0',
  '/address/zip~1code',
  '/address/a~0b',
  '/address',
  '/~1lit',
  '/a~1b',
  '/tags',
  '/nothing/at/all',
  '/country/length',
]
export const MALFORMED_REFERENCES = ['', '/', '//', '/a//b', '/a~2b', '/a~', '/_meta/x', '_meta', 'a//b']
export const LITERALS = ['country', '/lit', 'a/b', '/address/street', 'tags', '/', '~x', 'nothing']

/** A flag of three texts that is on. */
export function flagOf(more: Item = {}): Item {
  return {
    on: true,
    variations: ['red', 'green', 'blue'],
    offVariation: 2,
    fallthrough: { variation: 0 },
    salt: 'pepper',
    ...more,
  }
}

export function ruled(clauses: readonly Item[], more: Item = {}): Made {
  return { flags: [flagOf({ rules: [{ id: 'r', clauses, variation: 1 }], ...more })] }
}

export function clauseOf(choice: Choice, attribute: string, op: string, values: readonly Json[]): Item {
  return {
    attribute,
    op,
    values: choice.some(values),
    ...(choice.chance(0.6) ? { contextKind: choice.pick(KINDS) } : {}),
    ...(choice.chance(0.25) ? { negate: true } : {}),
  }
}

/** One clause of an operator, with values of its own type and of others. */
export function operator(attribute: string, ops: readonly string[], values: readonly Json[]): Feature {
  const mixed: readonly Json[] = [...values, 7, 'text', true]
  return { make: (choice) => ruled([clauseOf(choice, attribute, choice.pick(ops), mixed)]) }
}

export function rolloutOf(choice: Choice, more: Item = {}): Item {
  const first = choice.below(100_001)
  const second = choice.below(100_001 - first)
  const weights = choice.pick([
    [first, second, 100_000 - first - second],
    [0, first, 100_000 - first],
    [100_000, 0, 0],
    [0, 0, 100_000],
  ])
  return { variations: weights.map((weight, variation) => ({ variation, weight })), ...more }
}

export const manyKeys = (choice: Choice): EvaluationContext =>
  contextOf(choice, [`user-${choice.below(1e9)}`, `user-${choice.below(1e9)}`])

export function inSegment(segments: readonly Item[], more: Item = {}): Made {
  const values = segments.slice(0, 1).map((it) => it['key'] ?? null)
  return { ...ruled([{ attribute: '', op: 'segmentMatch', values, ...more }]), segments }
}

export function targets(choice: Choice): readonly Item[] {
  return [0, 1, 2].map((variation) => ({ variation, values: choice.some(KEYS) }))
}

/** Three segments; each asks for the next one, and for others of the same make. */
export function nested(choice: Choice, circle: boolean): readonly Item[] {
  const keys = ['a', 'b', 'c']
  return keys.map((key, index) => {
    const next = keys[index + 1] ?? (circle ? choice.pick(keys) : undefined)
    const asks =
      next === undefined
        ? []
        : [{ attribute: '', op: 'segmentMatch', values: [next], negate: choice.chance(0.3) }]
    const own = [clauseOf(choice, 'country', 'in', TEXTS)]
    const rules = [{ clauses: choice.chance(0.5) ? [...own, ...asks] : asks }, { clauses: own }]
    return { key, included: choice.some(KEYS), excluded: choice.some(KEYS), rules, salt: 's' }
  })
}

/** What LaunchDarkly calls malformed, found out only by whoever gets there. */
export function malformed(choice: Choice): Made {
  const clauses = [clauseOf(choice, 'country', 'in', TEXTS)]
  const broken: Item = choice.pick<Item>([
    { rules: [{ id: 'r', clauses, variation: choice.pick([-1, 3, 99]) }] },
    { rules: [{ id: 'r', clauses }] },
    { rules: [{ id: 'r', clauses, rollout: { variations: [] } }] },
    { rules: [{ id: 'r', clauses, rollout: rolloutOf(choice, { bucketBy: '/a//b', contextKind: 'user' }) }] },
    {
      rules: [
        {
          id: 'r',
          clauses,
          rollout: {
            variations: [
              { variation: 7, weight: 50_000 },
              { variation: 1, weight: 50_000 },
            ],
          },
        },
      ],
    },
    {
      rules: [
        {
          id: 'r',
          clauses: [
            ...clauses,
            { attribute: choice.pick(MALFORMED_REFERENCES), op: 'in', values: ['x'], contextKind: 'user' },
          ],
          variation: 1,
        },
      ],
    },
    { rules: [{ id: 'r', clauses: [{ op: 'in', values: ['x'] }, ...clauses], variation: 1 }] },
    { rules: [{ id: 'r', variation: 1 }] },
    { targets: [{ variation: 9, values: choice.some(KEYS) }] },
    { fallthrough: null },
    { fallthrough: {} },
    { fallthrough: { variation: 5 }, rules: [{ id: 'r', clauses, variation: 1 }] },
    {
      fallthrough: {
        rollout: {
          variations: [
            { variation: 0, weight: 30_000 },
            { variation: 8, weight: 70_000 },
          ],
        },
      },
    },
    { fallthrough: { rollout: { variations: [{ variation: 8, weight: 100_000 }] } } },
    { fallthrough: { variation: 'red' } },
  ])
  return { flags: [flagOf(broken)] }
}
