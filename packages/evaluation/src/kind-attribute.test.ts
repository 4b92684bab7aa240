import { describe, expect, test } from 'vitest'

import { compile } from './compile.ts'
import { evaluate } from './evaluate.ts'
import { explain } from './explain.ts'
import type { Condition, EvaluationContext, Flag, Prerequisite } from './model.ts'

const COUNTRY: Condition = { attribute: 'country', contextKind: 'org', op: 'in', values: ['FI'] }

function flagOf(when: Condition, more: Partial<Flag> = {}): Flag {
  return {
    key: 'f',
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: [{ id: 'r', name: 'R', when, serve: { variant: 'on' } }],
    fallthrough: { variant: 'off' },
    ...more,
  }
}

function holds(when: Condition, context: EvaluationContext): boolean {
  const compiled = compile({ flags: [flagOf(when)], segments: [] })
  expect(compiled.problems).toEqual([])
  return compiled.boolean('f', context, false)
}

describe('an attribute of the context of a kind', () => {
  test.each<[string, EvaluationContext, boolean]>([
    ['is that of a context of the kind', { kind: 'org', targetingKey: 'o', country: 'FI' }, true],
    ['is none of a context of another kind', { kind: 'device', targetingKey: 'o', country: 'FI' }, false],
    ['is none where the context has no kind, which is user', { targetingKey: 'o', country: 'FI' }, false],
    ['is that of one of several contexts', { kind: 'multi', org: { key: 'o', country: 'FI' } }, true],
    ['is none of the contexts beside it', { kind: 'multi', user: { key: 'o', country: 'FI' } }, false],
    ['is a list that holds it', { kind: 'org', key: 'o', country: ['SE', 'FI'] }, true],
  ])('%s', (_, context, expected) => {
    expect(holds(COUNTRY, context)).toBe(expected)
  })

  test.each<[string, unknown, boolean]>([
    ['/address/street', { address: { street: 'A' } }, true],
    ['/address/street', { address: { street: ['A'] } }, true],
    ['/address/0', { address: ['A'] }, false],
    ['/a~1b', { 'a/b': 'A' }, true],
    ['/a~1b/c~0d', { 'a/b': { 'c~d': 'A' } }, true],
    ['a/b', { 'a/b': 'A' }, true],
    ['/constructor/name', { x: 'A' }, false],
    ['/address/street', { address: null }, false],
  ])('%s of %j', (attribute, given, expected) => {
    const context = { targetingKey: 'u', ...(given as object) }
    expect(holds({ attribute, contextKind: 'user', op: 'in', values: ['A', 'Object'] }, context)).toBe(
      expected,
    )
  })

  test('its times have seconds and an offset, its versions may leave out numbers', () => {
    const since: Condition = {
      attribute: 'since',
      contextKind: 'user',
      op: 'after',
      values: ['2020-01-01T00:00:00Z'],
    }
    expect(holds(since, { key: 'u', since: '2021-01-01T00:00:00Z' })).toBe(true)
    expect(holds(since, { key: 'u', since: new Date('2021-01-01T00:00:00Z') })).toBe(true)
    expect(holds(since, { key: 'u', since: '2021-01-01' })).toBe(false)
    const version: Condition = {
      attribute: 'v',
      contextKind: 'user',
      op: 'version-more-than',
      values: ['1.2.0-a'],
    }
    expect(holds(version, { key: 'u', v: '1.2-b' })).toBe(true)
    expect(holds(version, { key: 'u', v: 'v9.0.0' })).toBe(false)
  })

  test('whoever has no key is not evaluated by a flag that asks for it, and explained in a sentence', () => {
    const compiled = compile({ flags: [flagOf(COUNTRY)], segments: [] })
    for (const context of [{}, { kind: 'org', key: '' }, { kind: 'multi' }, { kind: 'multi', org: {} }]) {
      expect(evaluate(compiled, 'f', 'boolean', context)).toMatchObject({
        errorCode: 'TARGETING_KEY_MISSING',
      })
      expect(compiled.boolean('f', context, true)).toBe(true)
      expect(compiled.all(context).map((it) => it.value)).toEqual([undefined])
      expect(explain(compiled, 'f', context)).toMatchObject({ trace: [{ outcome: 'undecidable' }] })
    }
  })

  test('a context that cannot be read throws nothing', () => {
    const hostile = {
      kind: 'multi',
      get org(): unknown {
        throw new Error('no')
      },
      user: { key: 'u' },
    }
    expect(holds(COUNTRY, hostile)).toBe(false)
    expect(holds({ not: COUNTRY }, hostile)).toBe(true)
  })
})

describe('a share of keys as a condition', () => {
  const share = { by: 'key', contextKind: 'org', salt: 'f.s', hash: 'launchdarkly' } as const
  test('holds for the keys whose bucket lies in a range, and for the same as an allocation serves', () => {
    const half = { bucketed: { ...share, ranges: [{ from: 0, to: 50_000 }] } }
    const ranges = [{ from: 0, to: 50_000, variant: 'on' }]
    const split = flagOf({ all: [] }, { rules: [], fallthrough: { allocation: { ...share, ranges } } })
    const compiled = compile({ flags: [split], segments: [] })
    const keys = Array.from({ length: 200 }, (_, index) => ({ kind: 'org', key: `o${index}` }))
    const held = keys.map((it) => holds(half, it))
    expect(held).toEqual(keys.map((it) => compiled.boolean('f', it, false)))
    expect(held.filter(Boolean).length).toBeGreaterThan(70)
    expect(held.filter(Boolean).length).toBeLessThan(130)
  })

  test('is asked of any scheme; without a key it does not hold, and for LaunchDarkly it is the first bucket', () => {
    const ranges = [{ from: 0, to: 1 }]
    expect(holds({ bucketed: { ...share, ranges } }, { key: 'u' })).toBe(true)
    expect(
      holds({ bucketed: { by: 'x', salt: 's', hash: 'murmur3', ranges: [{ from: 0, to: 100_000 }] } }, {}),
    ).toBe(false)
  })
})

describe('what is malformed', () => {
  const broken: Condition = { malformed: 'nobody knows' }
  const asking: Condition = { all: [{ attribute: 'x', op: 'exists' }, broken] }

  test('is an error for whoever comes to ask it, and for nobody else', () => {
    const compiled = compile({ flags: [flagOf(asking)], segments: [] })
    expect(compiled.problems).toEqual([])
    expect(evaluate(compiled, 'f', 'boolean', { x: 1 })).toEqual({
      reason: 'ERROR',
      errorCode: 'PARSE_ERROR',
      errorMessage: 'nobody knows',
    })
    expect(evaluate(compiled, 'f', 'boolean', {})).toMatchObject({ value: false, reason: 'DEFAULT' })
    expect(explain(compiled, 'f', { x: 1 }).sentence).toContain('nobody knows')
  })

  test('in a segment is an error of the flag that asks, and of those that ask for the flag', () => {
    const asked: Prerequisite = { flag: 'f', variants: ['on'] }
    const flags = [flagOf({ segment: 's' }), flagOf({ all: [] }, { key: 'g', prerequisites: [asked] })]
    const compiled = compile({ flags, segments: [{ key: 's', when: asking }] })
    expect(compiled.all({ x: 1 }).map((it) => it.evaluation)).toMatchObject([
      { errorCode: 'PARSE_ERROR' },
      { errorCode: 'PARSE_ERROR' },
    ])
    expect(compiled.all({}).map((it) => it.value)).toEqual([false, false])
  })
})

describe('a prerequisite that must be enabled', () => {
  test('is not met by what it is worth while it is off, nor by any variant where it names none', () => {
    const answer = (asked: Partial<Prerequisite>, enabled: boolean): unknown => {
      const other = flagOf(
        { any: [] },
        { key: 'o', enabled, fallthrough: { variant: 'on' }, offVariant: 'on' },
      )
      const flag = flagOf({ all: [] }, { prerequisites: [{ flag: 'o', variants: ['on'], ...asked }] })
      return compile({ flags: [flag, other], segments: [] }).boolean('f', {}, false)
    }
    expect([answer({}, true), answer({}, false)]).toEqual([true, true])
    expect([answer({ enabled: true }, true), answer({ enabled: true }, false)]).toEqual([true, false])
    expect(answer({ variants: [] }, true)).toBe(false)
  })
})
