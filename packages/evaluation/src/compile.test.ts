import * as fc from 'fast-check'
import murmurhash from 'murmurhash'
import { describe, expect, test } from 'vitest'

import { compile } from './compile.ts'
import { evaluate } from './evaluate.ts'
import type { Evaluation, EvaluationError } from './evaluate.ts'
import { explain } from './explain.ts'
import type {
  Allocation,
  BucketRange,
  Condition,
  EvaluationContext,
  Exposure,
  Flag,
  Rule,
  Segment,
  Serve,
} from './model.ts'

const on: Flag = {
  key: 'good',
  kind: 'release',
  valueType: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  offVariant: 'off',
  rules: [],
  fallthrough: { variant: 'on' },
}

const exposure: Exposure = {
  by: 'targetingKey',
  salt: 's',
  hash: 'murmur3',
  variant: 'on',
  audiences: [{ id: 'everybody', when: { all: [] }, ranges: [{ from: 0, to: 5 }] }],
}

const everybody: Condition = { all: [] }
const rollout = { id: 'r', attempt: 1, treatment: 'on', control: 'off', keySampleRate: 1 }
const owned: Rule = { id: 'ro', name: 'ro', when: everybody, serve: { exposure }, rollout }

function withRule(change: object): object {
  return { ...on, rules: [{ id: 'r', name: 'r', when: everybody, serve: { variant: 'on' }, ...change }] }
}

function withAllocation(change: object): object {
  const allocation = {
    by: 'targetingKey',
    salt: 's',
    hash: 'murmur3',
    ranges: [{ from: 0, to: 5, variant: 'on' }],
    ...change,
  }
  return { ...on, fallthrough: { allocation } }
}

describe('a malformed flag', () => {
  test.each([
    {
      why: 'a fallthrough to a variant that does not exist',
      flag: { ...on, fallthrough: { variant: 'none' } },
      says: 'there is no variant "none"',
    },
    {
      why: 'a variant that every object inherits',
      flag: { ...on, fallthrough: { variant: 'constructor' } },
      says: 'there is no variant "constructor"',
    },
    {
      why: 'an off variant that does not exist',
      flag: { ...on, offVariant: 'none' },
      says: 'there is no variant "none"',
    },
    {
      why: 'a rule that serves a variant that does not exist',
      flag: withRule({ serve: { variant: 'none' } }),
      says: 'there is no variant "none"',
    },
    {
      why: 'a variant of another type',
      flag: { ...on, variants: { on: 'yes', off: false } },
      says: 'variant "on" is no boolean',
    },
    { why: 'an unknown type', flag: { ...on, valueType: 'list' }, says: 'unknown value type "list"' },
    {
      why: 'an unknown operator',
      flag: withRule({ when: { attribute: 'a', op: 'near', values: ['b'] } }),
      says: 'unknown operator "near"',
    },
    {
      why: 'an unknown segment',
      flag: withRule({ when: { segment: 'none' } }),
      says: 'unknown segment "none"',
    },
    {
      why: 'a segment that contains itself',
      flag: withRule({ when: { segment: 'loop' } }),
      says: 'segment "loop" contains itself',
    },
    {
      why: 'an unknown hash scheme',
      flag: withAllocation({ hash: 'md5' }),
      says: 'unknown hash scheme "md5"',
    },
    {
      why: 'no attribute to bucket by',
      flag: withAllocation({ by: undefined }),
      says: 'no attribute to bucket by',
    },
    {
      why: 'overlapping ranges',
      flag: withAllocation({
        ranges: [
          { from: 0, to: 5, variant: 'on' },
          { from: 4, to: 9, variant: 'off' },
        ],
      }),
      says: 'overlaps',
    },
    {
      why: 'a range beyond the buckets',
      flag: withAllocation({ ranges: [{ from: 0, to: 100_001, variant: 'on' }] }),
      says: 'not within 0..100000',
    },
    {
      why: 'a range of a variant that does not exist',
      flag: withAllocation({ ranges: [{ from: 0, to: 5, variant: 'none' }] }),
      says: 'there is no variant "none"',
    },
    {
      why: 'an exposure in the fallthrough',
      flag: { ...on, fallthrough: { exposure } },
      says: 'an exposure stands in the fallthrough',
    },
    {
      why: 'an exposure in a rule that no rollout owns',
      flag: withRule({ serve: { exposure } }),
      says: 'no rollout owns',
    },
    {
      why: 'two rules of rollouts',
      flag: { ...on, rules: [owned, { ...owned, id: 'ro2' }] },
      says: 'more than one rule belongs to a rollout',
    },
    {
      why: 'a control variant that does not exist',
      flag: { ...on, rules: [{ ...owned, rollout: { ...rollout, control: 'none' } }] },
      says: 'there is no variant "none"',
    },
    {
      why: 'an audience with overlapping ranges',
      flag: {
        ...on,
        rules: [
          {
            ...owned,
            serve: {
              exposure: {
                ...exposure,
                audiences: [
                  {
                    id: 'a',
                    when: everybody,
                    ranges: [
                      { from: 0, to: 5 },
                      { from: 1, to: 2 },
                    ],
                  },
                ],
              },
            },
          },
        ],
      },
      says: 'overlaps',
    },
    { why: 'no rules', flag: { ...on, rules: undefined }, says: '' },
    { why: 'nothing but a key', flag: { key: 'bad' }, says: '' },
  ])('with $why is an error of its own and hurts no other', ({ flag, says }) => {
    const bad = JSON.parse(JSON.stringify({ ...flag, key: 'bad' }))
    const segments: Segment[] = [{ key: 'loop', when: { segment: 'loop' } }]
    const compiled = compile({ flags: [on, bad, { ...on, key: 'later' }], segments })

    expect(compiled.problems).toEqual([{ flag: 'bad', message: expect.stringContaining(says) }])
    for (const type of ['boolean', 'string'] as const) {
      expect(evaluate(compiled, 'bad', type, { targetingKey: 'u' })).toMatchObject({
        reason: 'ERROR',
        errorCode: 'PARSE_ERROR',
      })
    }
    expect(compiled.boolean('bad', {}, true)).toBe(true)
    expect(compiled.string('bad', {}, 'mine')).toBe('mine')
    expect(explain(compiled, 'bad', {}).trace).toEqual([])
    expect(compiled.boolean('good', {}, false)).toBe(true)
    expect(compiled.boolean('later', {}, false)).toBe(true)
  })

  test('is still killed by the switch if only its rules are malformed', () => {
    const flag = { ...on, enabled: false, fallthrough: { variant: 'none' } }
    const compiled = compile({ flags: [flag], segments: [] })
    expect(compiled.problems).toEqual([{ flag: 'good', message: 'there is no variant "none"' }])
    expect(evaluate(compiled, 'good', 'boolean', {})).toEqual({
      value: false,
      variant: 'off',
      reason: 'DISABLED',
    })
  })

  test('that is no object at all is passed over', () => {
    const flags = JSON.parse('[null, 7, "x", {}, {"key": 5}]')
    expect(compile({ flags: [...flags, on], segments: flags }).boolean('good', {}, false)).toBe(true)
  })
})

describe('a handle', () => {
  const compiled = compile({ flags: [on], segments: [] })

  test('answers as the key does', () => {
    expect(compiled.flag('good')?.boolean({}, false)).toBe(true)
    expect(compiled.flag('good')?.string({}, 'mine')).toBe('mine')
  })

  test('does not exist for a key that no flag has', () => {
    expect(compiled.flag('none')).toBeUndefined()
    expect(compiled.boolean('none', {}, true)).toBe(true)
    expect(compiled.string('none', {}, 'mine')).toBe('mine')
  })
})

const VARIANTS = ['a', 'b', 'c']
const ATTRIBUTES = ['targetingKey', 'plan', 'age', 'staff']
const SEGMENTS = ['s0', 's1', 's2']

const variant = fc.constantFrom(...VARIANTS)
const name = fc.constantFrom(...ATTRIBUTES)
const text = fc.constantFrom('a', 'A', 'ab', 'user-1', 'user-2', '')
const scalar = fc.oneof(text, fc.constantFrom(0, 1, 18), fc.boolean())
const number = fc.constantFrom(0, 1, 17.5, 18)
const ignoreCase = fc.boolean()

const comparison: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    attribute: name,
    op: fc.constantFrom('equals', 'in'),
    values: fc.array(scalar, { maxLength: 3 }),
    ignoreCase,
  }),
  fc.record({
    attribute: name,
    op: fc.constantFrom('starts-with', 'ends-with', 'contains'),
    values: fc.array(text, { maxLength: 3 }),
    ignoreCase,
  }),
  fc.record({
    attribute: name,
    op: fc.constantFrom('less-than', 'at-most', 'more-than', 'at-least'),
    values: fc.tuple(number),
  }),
  fc.record({ attribute: name, op: fc.constant('exists') }),
)

function conditions(segment: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> {
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      comparison,
      segment,
      fc.record({ all: fc.array(tie('condition'), { maxLength: 3 }) }),
      fc.record({ any: fc.array(tie('condition'), { maxLength: 3 }) }),
      fc.record({ not: tie('condition') }),
    ),
  }))
  return condition
}

const plainCondition = conditions(comparison)
const condition = conditions(fc.record({ segment: fc.constantFrom(...SEGMENTS) }))
const lists = { include: fc.array(text), exclude: fc.array(text) }
const segments: fc.Arbitrary<Segment[]> = fc.tuple(
  ...SEGMENTS.map((key) =>
    fc.record({ key: fc.constant(key), when: plainCondition, ...lists }, { requiredKeys: ['key'] }),
  ),
)

/** Up to three ranges, apart from each other: neighbouring pairs of sorted bounds. */
const ranges: fc.Arbitrary<BucketRange[]> = fc
  .uniqueArray(fc.constantFrom(0, 1, 20_000, 50_000, 70_000, 99_999, 100_000), { maxLength: 6 })
  .map((bounds) => {
    const sorted = bounds.toSorted((a, b) => a - b)
    const pairs: BucketRange[] = []
    for (let i = 0; i + 1 < sorted.length; i += 2)
      pairs.push({ from: sorted[i] ?? 0, to: sorted[i + 1] ?? 0 })
    return pairs
  })

const salt = fc.constantFrom('3sVw9-kQ1xZ8mTf', 'another-salt-15', 'odd', 'sälz')
const bucketing = { by: fc.constantFrom('targetingKey', 'plan'), salt, hash: fc.constant('murmur3' as const) }
const allocation: fc.Arbitrary<Allocation> = fc.record({
  ...bucketing,
  ranges: fc.tuple(ranges, fc.array(variant, { minLength: 3, maxLength: 3 })).map(([found, names]) => {
    return found.map((range, i) => ({ ...range, variant: names[i] ?? 'a' }))
  }),
})
const serve: fc.Arbitrary<Serve> = fc.oneof(fc.record({ variant }), fc.record({ allocation }))
const ordinary: fc.Arbitrary<Rule> = fc.record({ id: fc.uuid(), name: text, when: condition, serve })
const rolloutRule: fc.Arbitrary<Rule> = fc.record({
  id: fc.constant('rollout-rule'),
  name: fc.constant('Rollout'),
  when: condition,
  serve: fc.record({
    exposure: fc.record({
      ...bucketing,
      variant,
      audiences: fc.array(fc.record({ id: fc.uuid(), when: condition, ranges }), { maxLength: 3 }),
    }),
  }),
  rollout: fc.record({
    id: fc.constant('ro'),
    attempt: fc.constantFrom(1, 2),
    treatment: variant,
    control: variant,
    keySampleRate: fc.constant(1),
  }),
})

const rules = fc
  .tuple(
    fc.array(ordinary, { maxLength: 3 }),
    fc.option(rolloutRule, { nil: undefined }),
    fc.array(ordinary, { maxLength: 2 }),
  )
  .map(([before, mine, after]) => [...before, ...(mine === undefined ? [] : [mine]), ...after])

const flag: fc.Arbitrary<Flag> = fc.record({
  key: fc.constant('f'),
  kind: fc.constant('release'),
  valueType: fc.constant('string'),
  variants: fc.constant({ a: 'A', b: 'B', c: 'C' }),
  enabled: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  offVariant: variant,
  rules,
  fallthrough: serve,
})

const context: fc.Arbitrary<EvaluationContext> = fc.dictionary(
  name,
  fc.oneof(scalar, fc.constantFrom(null, undefined, Number.NaN, [], {})),
)

describe('any flag, any segments and any context', () => {
  test('agree with a plain reading of the specification', () => {
    const property = fc.property(flag, segments, context, (anyFlag, anySegments, anyContext) => {
      const compiled = compile({ flags: [anyFlag], segments: anySegments })
      expect(compiled.problems).toEqual([])
      const answer = evaluate(compiled, 'f', 'string', anyContext)
      expect(summary(answer)).toEqual(read(anyFlag, anySegments, anyContext))
    })
    fc.assert(property, { seed: 5, numRuns: 3_000 })
  }, 30_000)

  test('give the same value by key, by handle and in full, each time', () => {
    const property = fc.property(flag, segments, context, (anyFlag, anySegments, anyContext) => {
      const compiled = compile({ flags: [anyFlag], segments: anySegments })
      const answer = evaluate(compiled, 'f', 'string', anyContext)
      const value = 'errorCode' in answer ? 'mine' : answer.value
      expect(compiled.string('f', anyContext, 'mine')).toBe(value)
      expect(compiled.flag('f')?.string(anyContext, 'mine')).toBe(value)
      expect(compiled.boolean('f', anyContext, true)).toBe(true)
      expect(evaluate(compiled, 'f', 'string', anyContext)).toBe(answer)
    })
    fc.assert(property, { seed: 6, numRuns: 1_000 })
  })

  test('are explained by a trace that ends with the rule that decided', () => {
    const property = fc.property(flag, segments, context, (anyFlag, anySegments, anyContext) => {
      const compiled = compile({ flags: [anyFlag], segments: anySegments })
      const { trace, sentence, flag: key, ...answer } = explain(compiled, 'f', anyContext)
      expect(answer).toEqual(evaluate(compiled, 'f', 'string', anyContext))
      expect([key, sentence.length > 10]).toEqual(['f', true])
      if (answer.reason === 'DISABLED') return

      const last = trace.at(-1)
      const failed = 'errorCode' in answer
      expect(last?.outcome === 'key-missing').toBe(failed)
      expect(failed || last?.ruleId === answer.ruleId).toBe(true)
      for (const step of trace.slice(0, -1)) expect(['not-met', 'left-out']).toContain(step.outcome)
    })
    fc.assert(property, { seed: 7, numRuns: 1_000 })
  })
})

describe('a hostile context', () => {
  const throwing = {
    get targetingKey(): string {
      throw new Error('boo')
    },
    get plan(): string {
      throw new Error('boo')
    },
    get age(): number {
      throw new Error('boo')
    },
  }
  const explosive = new Proxy(
    {},
    {
      get() {
        throw new Error('boo')
      },
      getOwnPropertyDescriptor() {
        throw new Error('boo')
      },
    },
  )
  const liar = new Proxy({}, { get: () => ({}), getOwnPropertyDescriptor: () => undefined })
  const revocable = Proxy.revocable({}, {})
  revocable.revoke()
  const cyclic: Record<string, unknown> = { targetingKey: 'u' }
  cyclic.plan = cyclic
  const unprintable = {
    toString() {
      throw new Error('boo')
    },
    [Symbol.toPrimitive]() {
      throw new Error('boo')
    },
  }

  const HOSTILE: readonly unknown[] = [
    undefined,
    null,
    7,
    'text',
    Symbol('context'),
    [],
    () => 1,
    throwing,
    explosive,
    liar,
    revocable.proxy,
    cyclic,
    Object.create(null),
    JSON.parse('{"__proto__": {"targetingKey": "u"}, "constructor": 1}'),
    { targetingKey: unprintable, plan: unprintable, age: unprintable, staff: unprintable },
    { targetingKey: Symbol('x'), plan: Symbol('x'), age: 10n, staff: Number.NaN },
    {
      targetingKey: 'x'.repeat(2_000_000),
      plan: '\ud800'.repeat(1_000_000),
      age: -0,
      staff: Number.POSITIVE_INFINITY,
    },
  ]

  test('never makes an evaluation or an explanation throw', () => {
    // By position, because fast-check itself looks into the values it is given.
    const hostile = fc.nat({ max: HOSTILE.length - 1 })
    const property = fc.property(flag, segments, hostile, (anyFlag, anySegments, position) => {
      const compiled = compile({ flags: [anyFlag], segments: anySegments })
      // Untrusted input: the type says what it should be, not what it is.
      const context = HOSTILE[position] as EvaluationContext
      const answer = evaluate(compiled, 'f', 'string', context)
      expect(compiled.string('f', context, 'mine')).toBe('errorCode' in answer ? 'mine' : answer.value)
      expect(explain(compiled, 'f', context).reason).toBe(answer.reason)
    })
    fc.assert(property, { seed: 8, numRuns: 1_500 })
  }, 30_000)
})

/** The outcome of a flag, read from the specification line by line, with another murmur3. */
function read(anyFlag: Flag, known: readonly Segment[], given: EvaluationContext): Summary {
  const owner = anyFlag.rules.find((rule) => rule.rollout !== undefined)?.rollout
  if (!anyFlag.enabled) {
    return {
      variant: anyFlag.offVariant,
      reason: 'DISABLED',
      ...(owner === undefined ? {} : { arm: 'outside' }),
    }
  }
  let audience: string | undefined
  const arm = (served: string): Summary => {
    if (owner === undefined) return {}
    return audience !== undefined && served === owner.control
      ? { arm: 'control', audience }
      : { arm: 'outside' }
  }
  for (const rule of anyFlag.rules) {
    if (!holds(rule.when, known, given)) continue
    if ('variant' in rule.serve) {
      return {
        variant: rule.serve.variant,
        reason: 'TARGETING_MATCH',
        ruleId: rule.id,
        ...arm(rule.serve.variant),
      }
    }
    if ('allocation' in rule.serve) {
      const found = place(rule.serve.allocation, rule.serve.allocation.ranges, given)
      if (found === 'key missing') return { errorCode: 'TARGETING_KEY_MISSING' }
      if (found !== undefined)
        return { variant: found.variant, reason: 'SPLIT', ruleId: rule.id, ...arm(found.variant) }
      continue
    }
    const mine = rule.serve.exposure.audiences.find(({ when }) => holds(when, known, given))
    if (mine === undefined) continue
    const found = place(rule.serve.exposure, mine.ranges, given)
    if (found === 'key missing') return { errorCode: 'TARGETING_KEY_MISSING' }
    audience = mine.id
    if (found !== undefined) {
      const reason = width(mine.ranges) === 100_000 ? 'TARGETING_MATCH' : 'SPLIT'
      return { variant: rule.serve.exposure.variant, reason, ruleId: rule.id, arm: 'exposed', audience }
    }
  }
  const last = anyFlag.fallthrough
  if ('variant' in last) {
    return {
      variant: last.variant,
      reason: anyFlag.rules.length === 0 ? 'STATIC' : 'DEFAULT',
      ...arm(last.variant),
    }
  }
  if (!('allocation' in last)) throw new Error('not generated')
  const found = place(last.allocation, last.allocation.ranges, given)
  if (found === 'key missing') return { errorCode: 'TARGETING_KEY_MISSING' }
  if (found === undefined)
    return { variant: anyFlag.offVariant, reason: 'DEFAULT', ...arm(anyFlag.offVariant) }
  return { variant: found.variant, reason: 'SPLIT', ...arm(found.variant) }
}

interface Summary {
  readonly variant?: string
  readonly reason?: string
  readonly ruleId?: string
  readonly arm?: string
  readonly audience?: string
  readonly errorCode?: string
}

function summary(answer: Evaluation | EvaluationError): Summary {
  if ('errorCode' in answer) return { errorCode: answer.errorCode }
  const { value, rollout: owner, ...rest } = answer
  expect(value).toBe(answer.variant.toUpperCase())
  expect(owner === undefined).toBe(answer.arm === undefined)
  return rest
}

function place<Range extends BucketRange>(
  by: { readonly by: string; readonly salt: string },
  among: readonly Range[],
  given: EvaluationContext,
): Range | undefined | 'key missing' {
  const variants = new Set(among.map((range) => ('variant' in range ? range.variant : '')))
  if (among.length === 0) return undefined
  if (width(among) === 100_000 && variants.size === 1) return among[0]
  const key = given[by.by]
  if (typeof key !== 'number' && typeof key !== 'string') return 'key missing'
  if (key === '' || Number.isNaN(key)) return 'key missing'
  const number = Number((BigInt(murmurhash.v3(`${by.salt}:${key}`, 0)) * 100_000n) >> 32n)
  return among.find(({ from, to }) => from <= number && number < to)
}

function width(among: readonly BucketRange[]): number {
  return among.reduce((sum, { from, to }) => sum + to - from, 0)
}

function holds(tested: Condition, known: readonly Segment[], given: EvaluationContext): boolean {
  if ('all' in tested) return tested.all.every((inner) => holds(inner, known, given))
  if ('any' in tested) return tested.any.some((inner) => holds(inner, known, given))
  if ('not' in tested) return !holds(tested.not, known, given)
  if ('segment' in tested) {
    const segment = known.find(({ key }) => key === tested.segment)
    const key = given.targetingKey
    const usable = (typeof key === 'number' && !Number.isNaN(key)) || (typeof key === 'string' && key !== '')
    if (usable && segment?.exclude?.includes(`${key}`)) return false
    if (usable && segment?.include?.includes(`${key}`)) return true
    return segment?.when !== undefined && holds(segment.when, known, given)
  }
  if ('jsonLogic' in tested || 'bucketed' in tested || 'malformed' in tested) return false
  const value = given[tested.attribute]
  if (tested.op === 'exists') return value !== undefined && value !== null
  const folded = (part: unknown): unknown => {
    return 'ignoreCase' in tested && tested.ignoreCase && typeof part === 'string' ? part.toLowerCase() : part
  }
  const own = folded(value)
  return tested.values.some((raw: unknown) => {
    const part = folded(raw)
    if (tested.op === 'equals' || tested.op === 'in') return own === part
    if (typeof own === 'string' && typeof part === 'string') {
      if (tested.op === 'starts-with') return own.slice(0, part.length) === part
      if (tested.op === 'ends-with') return part === '' || own.slice(-part.length) === part
      if (tested.op === 'contains') return own.includes(part)
    }
    if (typeof own !== 'number' || typeof part !== 'number') return false
    if (tested.op === 'less-than') return own < part
    if (tested.op === 'at-most') return own <= part
    if (tested.op === 'more-than') return own > part
    return tested.op === 'at-least' && own >= part
  })
}
