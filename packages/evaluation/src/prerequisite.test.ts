import { describe, expect, test } from 'vitest'

import { compile } from './compile.ts'
import { evaluate } from './evaluate.ts'
import type { EvaluationContext, Flag, Prerequisite } from './model.ts'

function flag(key: string, change: Partial<Flag> = {}): Flag {
  return {
    key,
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: [],
    fallthrough: { variant: 'on' },
    ...change,
  }
}

const asks = (...flags: string[]): { readonly prerequisites: readonly Prerequisite[] } => ({
  prerequisites: flags.map((it) => ({ flag: it, variants: ['on'] })),
})

function answer(flags: readonly Flag[], key: string, context: EvaluationContext = {}) {
  return evaluate(compile({ flags, segments: [] }), key, 'boolean', context)
}

const ON = { value: true, variant: 'on' }
const OFF = { value: false, variant: 'off', reason: 'DEFAULT' }

describe('prerequisites', () => {
  test('are met by the variants that they name', () => {
    expect(answer([flag('a'), flag('b', asks('a'))], 'b')).toMatchObject(ON)
    expect(answer([flag('a', { fallthrough: { variant: 'off' } }), flag('b', asks('a'))], 'b')).toEqual(OFF)
  })

  test('are not met by a flag that is turned off, unless its off variant is one of them', () => {
    const off = flag('a', { enabled: false })
    expect(answer([off, flag('b', asks('a'))], 'b')).toEqual(OFF)
    const either = { prerequisites: [{ flag: 'a', variants: ['on', 'off'] }] }
    expect(answer([off, flag('b', either)], 'b')).toMatchObject(ON)
  })

  test('depend on the context, through several flags, whatever their order', () => {
    const beta = flag('a', {
      rules: [
        {
          id: 'r',
          name: 'beta',
          when: { attribute: 'beta', op: 'equals', values: [true] },
          serve: { variant: 'on' },
        },
      ],
      fallthrough: { variant: 'off' },
    })
    const flags = [flag('c', asks('b')), flag('b', asks('a')), beta]
    for (const order of [flags, flags.toReversed()]) {
      expect(answer(order, 'c', { beta: true })).toMatchObject(ON)
      expect(answer(order, 'c')).toEqual(OFF)
    }
  })

  test('pass on the error of a flag that cannot be evaluated for the context', () => {
    const ranges = [{ from: 0, to: 50_000, variant: 'on' }]
    const allocation = { by: 'targetingKey', salt: 'prerequisites-1', hash: 'murmur3', ranges } as const
    const flags = [flag('a', { fallthrough: { allocation } }), flag('b', asks('a'))]
    expect(answer(flags, 'b')).toMatchObject({ reason: 'ERROR', errorCode: 'TARGETING_KEY_MISSING' })
  })

  test('that do not exist, or go in a circle, make a flag malformed, and never the kill switch', () => {
    const circle = [flag('a', asks('b')), flag('b', asks('c')), flag('c', asks('a'))]
    for (const flags of [circle, circle.toReversed()]) {
      const compiled = compile({ flags, segments: [] })
      expect(compiled.problems.map((it) => it.flag).toSorted()).toEqual(['a', 'b', 'c'])
      for (const { key } of flags)
        expect(evaluate(compiled, key, 'boolean', {})).toMatchObject({ errorCode: 'PARSE_ERROR' })
    }
    const killed = circle.map((it) => (it.key === 'b' ? { ...it, enabled: false } : it))
    for (const flags of [killed, killed.toReversed()]) {
      expect(answer(flags, 'b')).toMatchObject({ variant: 'off', reason: 'DISABLED' })
      expect(answer(flags, 'a')).toMatchObject({ errorCode: 'PARSE_ERROR' })
    }
    expect(answer([flag('a', asks('gone'))], 'a')).toMatchObject({
      errorCode: 'PARSE_ERROR',
      errorMessage: 'the prerequisite "gone" does not exist',
    })
  })

  test('may be seventeen flags deep, not deeper, and a hostile snapshot never throws', () => {
    const chain = (length: number): Flag[] =>
      Array.from({ length }, (_, i) => flag(`f${i}`, i === 0 ? {} : asks(`f${i - 1}`)))
    expect(answer(chain(17), 'f16')).toMatchObject(ON)
    expect(answer(chain(30), 'f29')).toMatchObject({ errorCode: 'PARSE_ERROR' })
    for (const prerequisites of [null, 'x', [null], [{ flag: 1 }], [{ flag: 'a' }], {}]) {
      const hostile: Flag = JSON.parse(JSON.stringify({ ...flag('h'), prerequisites }))
      expect(answer([flag('a'), hostile], 'h')).toMatchObject({ errorCode: 'PARSE_ERROR' })
    }
  })
})

describe('values', () => {
  const big: Flag = flag('o', {
    valueType: 'object',
    variants: { on: { color: 'red', sizes: [1, { a: null }] }, off: {} },
  })

  test('numbers and objects are served with their variant', () => {
    const number = flag('n', { valueType: 'number', variants: { on: 0.5, off: 0 } })
    const compiled = compile({ flags: [number, big], segments: [] })
    expect(compiled.problems).toEqual([])
    expect(evaluate(compiled, 'n', 'number', {})).toEqual({ value: 0.5, variant: 'on', reason: 'STATIC' })
    expect(evaluate(compiled, 'o', 'object', {})).toMatchObject({ value: big.variants['on'], variant: 'on' })
    expect(compiled.number('n', {}, 7)).toBe(0.5)
    expect(compiled.number('o', {}, 7)).toBe(7)
    expect(compiled.object('o', {}, {})).toEqual(big.variants['on'])
    expect(compiled.flag('n')?.number({}, 7)).toBe(0.5)
    expect(compiled.flag('o')?.object({}, {})).toEqual(big.variants['on'])
    expect(evaluate(compiled, 'n', 'string', {})).toMatchObject({ errorCode: 'TYPE_MISMATCH' })
  })

  test('an object is served as one frozen copy, and what was given stays as it was', () => {
    const given: Flag = JSON.parse(JSON.stringify(big))
    const value = compile({ flags: [given], segments: [] }).object('o', {}, {})
    expect(value).not.toBe(given.variants['on'])
    expect(Object.isFrozen(value)).toBe(true)
    expect(Object.isFrozen(value['sizes'])).toBe(true)
    expect(Object.isFrozen(given.variants['on'])).toBe(false)
  })

  test.each([
    ['number', Number.NaN],
    ['number', '1'],
    ['object', [1]],
    ['object', 'x'],
  ] as const)('a %s flag cannot be worth %j', (valueType, value) => {
    const malformed = { ...flag('m', { valueType }), variants: { on: value, off: value } }
    const compiled = compile({ flags: [malformed as unknown as Flag], segments: [] })
    expect(compiled.problems).toEqual([{ flag: 'm', message: expect.stringContaining(`is no ${valueType}`) }])
  })
})
