/** GrowthBook's published primitives, and its own evaluator beside ours for values of every kind. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { bucket, compile, growthbookTest, jsonLogicOf } from '@flagmarshal/evaluation'
import type { Condition, EvaluationContext, Flag, JsonObject, JsonValue } from '@flagmarshal/evaluation'
import { evalCondition } from '@growthbook/growthbook'
import { LogicEngine } from 'json-logic-engine'
import { describe, expect, it } from 'vitest'

import { randomOf } from '../../../../../tests/support/random.ts'
import { equalWeights, hashOf, inRange, variationAt, variationRanges } from './buckets.ts'
import { growthbookCondition, writtenOut } from './condition.ts'

interface Primitives {
  readonly hash: readonly (readonly [string, string, number, number | null])[]
  readonly getBucketRange: readonly (readonly [
    string,
    readonly [number, number, readonly number[] | null],
    readonly (readonly [number, number])[],
  ])[]
  readonly chooseVariation: readonly (readonly [
    string,
    number,
    readonly (readonly [number, number])[],
    number,
  ])[]
  readonly inNamespace: readonly (readonly [string, string, readonly [string, number, number], boolean])[]
  readonly getEqualWeights: readonly (readonly [number, readonly number[]])[]
  readonly evalCondition: readonly (readonly [string, JsonObject, JsonObject, boolean, JsonObject?])[]
}

const folder =
  process.env['FLAGMARSHAL_CONFORMANCE_DIR'] ?? join(import.meta.dirname, '../../../../../../shared')
const path = join(folder, 'conformance/growthbook/primitives.json')
const here = existsSync(path)
const primitives: Primitives | undefined = here
  ? (JSON.parse(readFileSync(path, 'utf8')) as Primitives)
  : undefined

/** The value of their hash, 0 to 1. */
function hashed(seed: string, value: string, version: number): number | null {
  const known = hashOf(version)
  return known === undefined ? null : bucket(known.hash, seed, value) / 100_000
}

/** Our context for their attributes, whatever the condition calls the person. */
function contextOf(attributes: JsonObject): EvaluationContext {
  return 'id' in attributes ? { ...attributes, targetingKey: attributes['id'] } : attributes
}

const engines = { jsonLogic: jsonLogicOf(new LogicEngine()) }

/** A condition of ours, asked by the engine. */
function holds(when: Condition, context: EvaluationContext): boolean {
  const flag: Flag = {
    key: 'f',
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: [{ id: 'r', name: 'r', when, serve: { variant: 'on' } }],
    fallthrough: { variant: 'off' },
  }
  return compile({ flags: [flag], segments: [] }, engines).boolean('f', context, false)
}

describe.skipIf(!here)('the published primitives', () => {
  it('of the hash: every row', () => {
    for (const [seed, value, version, expected] of primitives?.hash ?? [])
      expect(hashed(seed, value, version), `${seed} ${value} ${version}`).toBe(expected)
  })

  it('of variations: ranges, weights and the choice among them', () => {
    for (const [title, [count, coverage, weights], expected] of primitives?.getBucketRange ?? []) {
      const rounded = variationRanges(count, coverage, weights ?? undefined).map((range) =>
        range.map((it) => Math.round(it * 1e8) / 1e8),
      )
      expect(rounded, title).toEqual(expected)
    }
    for (const [title, value, ranges, expected] of primitives?.chooseVariation ?? [])
      expect(variationAt(value, ranges) ?? -1, title).toBe(expected)
    for (const [count, expected] of primitives?.getEqualWeights ?? [])
      expect(equalWeights(count).map((it) => Math.round(it * 1e8) / 1e8)).toEqual(expected)
  })

  it('of namespaces: every row', () => {
    for (const [title, value, [name, from, to], expected] of primitives?.inNamespace ?? [])
      expect(inRange(hashed(`__${name}`, value, 1) ?? -1, [from, to]), title).toBe(expected)
  })

  it('of conditions: every row, as it is kept', () => {
    const rows = primitives?.evalCondition ?? []
    expect(rows.length).toBeGreaterThan(200)
    for (const [title, condition, attributes, expected, groups = {}] of rows)
      expect(growthbookTest(writtenOut(condition, groups))(contextOf(attributes)), title).toBe(expected)
  })

  it('of conditions: every row as it is imported, but for the conversions that the report names', () => {
    const other: string[] = []
    for (const [title, condition, attributes, expected, groups = {}] of primitives?.evalCondition ?? []) {
      const noted: string[] = []
      const when = growthbookCondition(writtenOut(condition, groups), (it) => void noted.push(it))
      if (holds(when, contextOf(attributes)) === expected) continue
      other.push(title)
      expect(noted, title).not.toEqual([])
    }
    expect(other.length).toBeLessThan(20)
    console.log(`growthbook: ${other.length} rows are converted only there: ${other.join(' · ')}`)
  })
})

describe('a kept condition', () => {
  const random = randomOf(99)
  const below = (count: number): number => Math.floor(random.uniform() * count)
  function pick<T>(among: readonly T[]): T {
    const found = among[below(among.length)]
    if (found === undefined) throw new RangeError('nothing to pick from')
    return found
  }
  const SCALARS: readonly JsonValue[] = [
    '',
    'a',
    'A',
    '5',
    '5.0',
    'null',
    'true',
    '1.2.3',
    'v2.0.0-rc.1',
    0,
    1,
    5,
    -1,
    2.5,
    true,
    false,
    null,
  ]
  const LISTS: readonly JsonValue[] = [[], ['a'], ['a', 'A', 5], [5], [null, 0], [['a']], [{ x: 1 }]]
  const OBJECTS: readonly JsonValue[] = [{}, { x: 1 }, { x: 'a', y: null }]
  const value = (): JsonValue => pick([...SCALARS, ...SCALARS, ...LISTS, ...OBJECTS])
  const OPS = [
    '$eq',
    '$ne',
    '$lt',
    '$lte',
    '$gt',
    '$gte',
    '$veq',
    '$vne',
    '$vlt',
    '$vlte',
    '$vgt',
    '$vgte',
    '$exists',
    '$type',
  ]
  const LIST_OPS = ['$in', '$nin', '$ini', '$nini', '$all', '$alli']

  function test(depth: number): JsonValue {
    const kind = below(depth > 2 ? 4 : 9)
    if (kind === 0) return value()
    if (kind <= 2) return { [pick(OPS)]: value() }
    if (kind === 3) return { [pick(['$regex', '$regexi'])]: pick(['a', '^5', 'null', '[', 'true$', '.']) }
    if (kind <= 5) return { [pick(LIST_OPS)]: pick([...LISTS, 'a', null]) }
    if (kind === 6) return { $not: test(depth + 1) }
    if (kind === 7) return { $size: pick<JsonValue>([0, 1, { $gt: 1 }]) }
    return { $elemMatch: pick<JsonValue>([{ $eq: 'a' }, { x: 1 }, { $gt: 1 }, {}]) }
  }

  function condition(depth: number): JsonObject {
    const kind = below(depth > 2 ? 5 : 8)
    const members = (): JsonValue => Array.from({ length: below(3) }, () => condition(depth + 1))
    if (kind === 5) return { [pick(['$or', '$nor', '$and'])]: members() }
    if (kind === 6) return { $not: condition(depth + 1) }
    return { [pick(['p', 'q', 'p.x', 'q.x.y'])]: test(depth) }
  }

  it('is evaluated as GrowthBook’s own evaluator does, for attributes of every kind: 50,000 pairs', () => {
    const differing: unknown[] = []
    for (let i = 0; i < 50_000; i++) {
      const asked = condition(0)
      const given: Record<string, JsonValue> = {}
      if (random.uniform() < 0.9) given['p'] = value()
      if (random.uniform() < 0.7) given['q'] = value()
      const theirs = evalCondition(given, asked, {})
      if (growthbookTest(asked)(given) !== theirs) differing.push({ asked, given, theirs })
    }
    expect(differing.slice(0, 3)).toEqual([])
  }, 60_000)
})
