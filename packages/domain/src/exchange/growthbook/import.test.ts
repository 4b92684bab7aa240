import { compile, jsonLogicOf } from '@flagmarshal/evaluation'
import type { EvaluationContext, JsonObject, JsonValue } from '@flagmarshal/evaluation'
import { GrowthBookClient } from '@growthbook/growthbook'
import { LogicEngine } from 'json-logic-engine'
import { describe, expect, it } from 'vitest'

import { randomOf } from '../../../../../tests/support/random.ts'
import { flagOf } from '../imported.ts'
import { growthbookImport } from './import.ts'

const engines = { jsonLogic: jsonLogicOf(new LogicEngine()) }
const request = { engines, environment: 'production', now: new Date(0) }

/** What is imported of one feature. */
function one(feature: JsonObject, more: JsonObject = {}) {
  const { flags, report } = growthbookImport({ features: { f: feature }, ...more }, request)
  return { flag: flags[0], report }
}

const random = randomOf(4_711)
const below = (count: number): number => Math.floor(random.uniform() * count)
const chance = (share: number): boolean => random.uniform() < share
function pick<T>(among: readonly T[]): T {
  const found = among[below(among.length)]
  if (found === undefined) throw new RangeError('nothing to pick from')
  return found
}

const savedGroups: JsonObject = {
  staff: ['user-1', 'user-2', 'user-30'],
  dach: { type: 'list', attributeKey: 'country', values: ['DE', 'AT', 'CH'] },
  heavy: { type: 'condition', condition: { age: { $gte: 40 }, 'user.plan': 'pro' } },
  odd: { type: 'other' },
}

/** One condition of every kind, over attributes of the types that they compare with. */
const CONDITIONS: readonly (() => JsonObject)[] = [
  () => ({ country: pick(['DE', 'US', '']) }),
  () => ({ country: { $in: [pick(['DE', 'FR']), 'AT'] } }),
  () => ({ country: { $nin: ['DE', null] } }),
  () => ({ country: { $ini: ['de', 'Us'] } }),
  () => ({ country: { $nini: ['fr'] } }),
  () => ({ country: { $ne: pick(['DE', 'US']) } }),
  () => ({ country: null }),
  () => ({ age: pick([0, 1, 18, 40]) }),
  () => ({ age: { $gt: pick([-1, 0, 18]), $lte: pick([40, 65]) } }),
  () => ({ age: { $lt: pick([0, 18, 40]) } }),
  () => ({ age: { $eq: 18 } }),
  () => ({ age: { $not: { $gte: 18 } } }),
  () => ({ premium: chance(0.5) }),
  () => ({ premium: { $exists: chance(0.5) } }),
  () => ({
    version: {
      [pick(['$vgt', '$vgte', '$vlt', '$vlte', '$veq', '$vne'])]: pick(['1.2.0', '2.0.0', '10.0.0']),
    },
  }),
  () => ({ version: { $vgte: pick(['1.2', '2.0.0-beta.2', 'x']) } }),
  () => ({ agent: { $regex: pick(['Mobile', '^Mozilla.*Safari$', 'ul', '(?i)x']) } }),
  () => ({ agent: { $regexi: pick(['mobile', 'CHROME']) } }),
  () => ({ agent: { $regex: '[' } }),
  () => ({ tags: { $elemMatch: { $eq: pick(['a', 'b']) } } }),
  () => ({ tags: { $all: ['a', 'b'] } }),
  () => ({ tags: { $size: { $gt: 1 } } }),
  () => ({ tags: { $alli: ['A'] } }),
  () => ({ tags: { $type: 'array' } }),
  () => ({ 'user.plan': { $in: ['pro', 'team'] } }),
  () => ({ 'user.score': { $gt: 5 } }),
  () => ({ user: { plan: 'pro' } }),
  () => ({ id: { $inGroup: pick(['staff', 'nobody']) } }),
  () => ({ id: { $notInGroup: pick(['staff', 'odd']) } }),
  () => ({ $savedGroup: { id: pick(['dach', 'heavy', 'odd']) } }),
  () => ({ $savedGroup: { id: 'dach', attributeKey: 'home' }, age: { $gt: 5 } }),
  () => ({ $or: chance(0.2) ? [] : [condition(), condition()] }),
  () => ({ $and: [condition(), condition()] }),
  () => ({ $nor: [condition(), condition()] }),
  () => ({ $not: condition() }),
  () => ({ age: { $unknown: 1 } }),
  () => ({}),
]

function condition(): JsonObject {
  return pick(CONDITIONS)()
}

const VALUES: readonly (readonly JsonValue[])[] = [
  [true, false],
  ['red', 'blue', 'a long text, with blanks'],
  [1, 2.5, 0],
  [{ a: 1 }, { b: [1, null] }, {}],
]

function hashing(): JsonObject {
  return {
    ...(chance(0.4) ? { hashAttribute: pick(['id', 'company', 'device']) } : {}),
    ...(chance(0.6) ? { hashVersion: pick([1, 2]) } : {}),
    ...(chance(0.4) ? { seed: pick(['s', 'a-seed']) } : {}),
  }
}

function filters(): JsonObject {
  if (!chance(0.25)) return {}
  const filter = (): JsonObject => ({
    seed: pick(['n1', 'n2']),
    attribute: pick(['id', 'company']),
    ...(chance(0.7) ? { hashVersion: pick([1, 2]) } : {}),
    ranges: chance(0.5)
      ? [[0, 0.6]]
      : [
          [0.1, 0.3],
          [0.25, 0.9],
        ],
  })
  return { filters: chance(0.3) ? [filter(), filter()] : [filter()] }
}

function rule(values: readonly JsonValue[], parents: readonly string[]): JsonObject {
  const shared: JsonObject = {
    ...(chance(0.6) ? { condition: condition() } : {}),
    ...filters(),
    ...(parents.length > 0 && chance(0.3)
      ? {
          parentConditions: [
            {
              id: pick(parents),
              condition: {
                value: pick<JsonValue>([true, false, 'red', 1, null, { $ne: 'blue' }, { $exists: true }]),
              },
              ...(chance(0.5) ? { gate: true } : {}),
            },
          ],
        }
      : {}),
  }
  const kind = below(7)
  if (kind === 0) return { ...shared }
  if (kind <= 2) return { ...shared, force: chance(0.1) ? null : pick(values) }
  if (kind <= 4) {
    const coverage = chance(0.5)
      ? { coverage: pick([0, 0.1, 0.5, 0.999, 1]) }
      : {
          range: pick([
            [0, 0.5],
            [0.25, 0.7505],
          ]),
        }
    return { ...shared, ...hashing(), ...coverage, force: pick(values) }
  }
  const count = chance(0.1) ? 1 : values.length
  const weights = pick<readonly number[]>([
    [0.3, 0.7],
    [0.2, 0.3, 0.5],
    [0.33, 0.33, 0.34],
    [0.5, 0.1],
  ])
  return {
    ...shared,
    ...hashing(),
    variations: values.slice(0, count),
    ...(chance(0.5) ? { weights } : {}),
    ...(chance(0.5) ? { coverage: pick([0, 0.25, 0.8, 1, 1.5]) } : {}),
    ...(chance(0.3) ? { key: pick(['exp', 'other']) } : {}),
    ...(chance(0.3) ? { namespace: ['ns', pick([0, 0.2]), pick([0.5, 1])] } : {}),
    ...(chance(0.2)
      ? {
          ranges: [
            [0.1, 0.4],
            [0.3, 0.8],
          ],
        }
      : {}),
    ...(chance(0.2)
      ? { meta: values.map((_, at) => (at === 1 ? { key: 'v1', passthrough: true } : { key: `m${at}` })) }
      : {}),
  }
}

function features(count: number): Record<string, JsonObject> {
  const made: Record<string, JsonObject> = {}
  for (let i = 0; i < count; i++) {
    const values = pick(VALUES)
    const parents = chance(0.05) ? ['gone'] : Object.keys(made).slice(-3)
    made[`f${i}`] = {
      ...(chance(0.9) ? { defaultValue: chance(0.1) ? null : pick(values) } : {}),
      ...(chance(0.95) ? { rules: Array.from({ length: below(4) }, () => rule(values, parents)) } : {}),
    }
  }
  return made
}

/** Attributes of the types that the conditions compare with; a few are missing, or null. */
function attributes(): Record<string, unknown> {
  const all: [string, () => unknown][] = [
    ['id', () => (chance(0.05) ? pick(['', 7, 0]) : `user-${below(500)}`)],
    ['company', () => `company-${below(50)}`],
    ['device', () => below(1_000)],
    ['country', () => pick(['DE', 'US', 'AT', 'de', ''])],
    ['home', () => pick(['DE', 'FR'])],
    ['age', () => pick([0, 1, 17, 18, 39, 40, 65, -2, 2.5])],
    ['premium', () => chance(0.5)],
    ['version', () => pick(['1.2.0', '1.10.3', '2.0.0-beta.1', '2.0.0', '10.0.1', 'v2.0.0'])],
    ['agent', () => pick(['Mozilla Mobile Safari', 'Chrome', 'null', 'x'])],
    ['tags', () => pick([[], ['a'], ['a', 'b'], ['A', 1]])],
    ['user', () => pick([{ plan: 'pro' }, { plan: 'team', score: 7 }, {}, { plan: 'pro', score: 1 }])],
  ]
  return Object.fromEntries(
    all.flatMap(([name, make]) => (chance(0.15) ? (chance(0.3) ? [[name, null]] : []) : [[name, make()]])),
  )
}

/** GrowthBook knows people by `id`, we by the targeting key. */
function contextOf({ id, ...rest }: Record<string, unknown>): EvaluationContext {
  return id === undefined ? rest : { ...rest, targetingKey: id }
}

describe('GrowthBook’s features, imported', () => {
  const FEATURES = 400
  const CONTEXTS = 100

  it(`are evaluated as @growthbook/growthbook evaluates them: ${FEATURES * CONTEXTS} pairs of feature and context`, () => {
    const made = features(FEATURES)
    const client = new GrowthBookClient().initSync({
      payload: { features: made, savedGroups: savedGroups as never },
    })
    const { flags, report } = growthbookImport({ features: made, savedGroups }, request)
    const left = report.filter((line) => line.message.startsWith('It is left out'))
    expect(left.map((line) => line.message).filter((it) => !/no value|which is left out/.test(it))).toEqual(
      [],
    )
    expect(flags.length).toBeGreaterThan(FEATURES * 0.75)
    const compiled = compile({ flags: flags.map(flagOf), segments: [] }, engines)
    expect(compiled.problems).toEqual([])
    const seen = { values: 0, none: 0, split: 0 }
    const differing: unknown[] = []
    for (const { key } of flags) {
      for (let i = 0; i < CONTEXTS; i++) {
        const given = attributes()
        const theirs = client.evalFeature(key, { attributes: given })
        const ours = compiled.flag(key)?.decide(contextOf(given)).evaluation
        const value = ours !== undefined && 'variant' in ours ? (ours.value ?? null) : 'error'
        if (ours?.reason === 'SPLIT') seen.split++
        seen[value === null ? 'none' : 'values']++
        if (JSON.stringify(value) !== JSON.stringify(theirs.value))
          differing.push({
            key,
            given,
            ours,
            theirs: theirs.value,
            source: theirs.source,
            feature: made[key],
          })
      }
    }
    expect(differing.slice(0, 2)).toEqual([])
    console.log(`growthbook: ${flags.length} features × ${CONTEXTS} contexts agree; ${JSON.stringify(seen)}`)
    expect(seen.none).toBeGreaterThan(500)
    expect(seen.split).toBeGreaterThan(2_000)
  }, 120_000)

  it('have names for their values, and no value where they are off', () => {
    const { flag } = one({
      defaultValue: 'a text with blanks',
      rules: [{ force: 'red' }, { variations: ['x y', 'red'], meta: [{ key: 'first' }] }],
    })
    expect(flag).toMatchObject({
      valueType: 'string',
      variants: { value: 'a text with blanks', red: 'red', first: 'x y', 'caller-default': null },
      offVariant: 'caller-default',
      fallthrough: { variant: 'value' },
    })
  })

  it('keep simple conditions readable, and say what GrowthBook converts', () => {
    const { flag, report } = one({
      defaultValue: false,
      rules: [{ condition: { country: 'DE', age: { $gte: 18 } }, force: true }],
    })
    expect(flag?.rules[0]?.when).toEqual({
      all: [
        { attribute: 'country', op: 'equals', values: ['DE'] },
        { attribute: 'age', op: 'at-least', values: [18] },
      ],
    })
    expect(report.map(({ severity, message }) => `${severity} ${message.slice(0, 20)}`)).toEqual([
      'MEDIUM It compares a text: ',
      'MEDIUM It compares numbers:',
    ])
  })

  it('follow a gate as a prerequisite, and write out what a single rule asks', () => {
    const parent = { defaultValue: false, rules: [{ condition: { country: 'DE' }, force: true }] }
    const gated = {
      defaultValue: 'a',
      rules: [{ parentConditions: [{ id: 'p', condition: { value: true }, gate: true }] }],
    }
    const asking = {
      defaultValue: 'a',
      rules: [{ parentConditions: [{ id: 'p', condition: { value: true } }], force: 'b' }],
    }
    const { flags, report } = growthbookImport({ features: { gated, asking, p: parent } }, request)
    expect(flags.map((it) => it.key)).toEqual(['p', 'gated', 'asking'])
    expect(flags[1]).toMatchObject({ prerequisites: [{ flag: 'p', variants: ['on'] }], rules: [] })
    expect(flags[2]?.rules[0]?.when).toEqual({ attribute: 'country', op: 'equals', values: ['DE'] })
    expect(report).toContainEqual({
      severity: 'MEDIUM',
      entity: 'flag asking',
      message: expect.stringContaining('written out'),
    })
  })

  it.each<[string, JsonObject, string]>([
    ['values of several types', { defaultValue: 'x', rules: [{ force: 1 }] }, 'not all booleans'],
    ['a list', { defaultValue: [1] }, 'not all booleans'],
    ['no value at all', { rules: [] }, 'no value'],
    [
      'a pattern that is not linear',
      { defaultValue: true, rules: [{ condition: { a: { $regex: '(?=x)' } }, force: false }] },
      'linear',
    ],
    [
      'a circle',
      { defaultValue: true, rules: [{ parentConditions: [{ id: 'f' }], force: false }] },
      'asks for itself',
    ],
    ['rules that are none', { defaultValue: true, rules: 'x' }, 'no list of objects'],
  ])('are left out with the reason: %s', (_, feature, says) => {
    const { flag, report } = one(feature)
    expect(flag).toBeUndefined()
    expect(report[0]).toMatchObject({
      severity: 'HIGH',
      entity: 'flag f',
      message: expect.stringContaining(says),
    })
  })

  it('say what of experiments is not in this version', () => {
    const rules = [
      { variations: [true, false], fallbackAttribute: 'device', minBucketVersion: 1, bucketVersion: 1 },
      { contextualVariations: [true, false], contextualBanditRef: 'cb' },
    ]
    const { report } = one({ defaultValue: false, rules }, { experiments: [{ key: 'redirect' }] })
    expect(report.map((it) => it.severity)).toEqual(['HIGH', 'HIGH', 'MEDIUM', 'LOW', 'LOW'])
    expect(growthbookImport({ encryptedFeatures: 'x' }, request).report[0]).toMatchObject({
      severity: 'HIGH',
    })
    expect(growthbookImport({ name: 'x' }, request).report[0]).toMatchObject({ severity: 'HIGH' })
  })

  it('are read from the REST API, too: the definition of one environment, owner and description', () => {
    const definition = JSON.stringify({
      defaultValue: true,
      rules: [{ condition: { id: { $inGroup: 'g' } }, force: false }],
    })
    const feature = {
      id: 'checkout',
      owner: 'team-a',
      description: 'The new checkout.',
      environments: { production: { enabled: false, definition }, dev: { enabled: true } },
    }
    const file = {
      features: [feature, { id: 'old', archived: true }],
      savedGroups: [{ id: 'g', type: 'list', attributeKey: 'id', values: ['u1'] }],
    }
    const { flags, report } = growthbookImport(file, request)
    expect(flags[0]).toMatchObject({
      key: 'checkout',
      owner: 'team-a',
      description: 'The new checkout.',
      enabled: false,
      rules: [{ when: { attribute: 'targetingKey', op: 'in', values: ['u1'] } }],
    })
    expect(report[0]).toMatchObject({
      severity: 'HIGH',
      entity: 'flag old',
      message: expect.stringContaining('archived'),
    })
    const dev = growthbookImport(file, { ...request, environment: 'dev' })
    expect(dev.report[0]?.message).toContain('no definition of dev')
    expect(growthbookImport(file, { ...request, environment: 'qa' }).report[0]?.message).toContain(
      'no environment qa',
    )
  })
})
