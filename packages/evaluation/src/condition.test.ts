import { describe, expect, test } from 'vitest'

import { compileCondition } from './condition.ts'
import type { Condition, EvaluationContext } from './model.ts'

const noSegment = (key: string): never => {
  throw new Error(`unknown segment ${key}`)
}

function holds(condition: Condition, context: EvaluationContext): boolean {
  return compileCondition(condition, { segment: noSegment })(context)
}

interface Case {
  readonly title: string
  readonly condition: Condition
  readonly context: EvaluationContext
  readonly expected: boolean
}

const plan = (values: string[], ignoreCase?: boolean): Condition => ({
  attribute: 'plan',
  op: 'in',
  values,
  ...(ignoreCase === undefined ? {} : { ignoreCase }),
})

const CASES: readonly Case[] = [
  {
    title: 'equals: the same text',
    condition: { attribute: 'plan', op: 'equals', values: ['pro'] },
    context: { plan: 'pro' },
    expected: true,
  },
  {
    title: 'equals: another case',
    condition: { attribute: 'plan', op: 'equals', values: ['pro'] },
    context: { plan: 'Pro' },
    expected: false,
  },
  {
    title: 'equals: another case, ignored',
    condition: { attribute: 'plan', op: 'equals', values: ['PRO'], ignoreCase: true },
    context: { plan: 'pRo' },
    expected: true,
  },
  {
    title: 'equals: a number',
    condition: { attribute: 'age', op: 'equals', values: [18] },
    context: { age: 18 },
    expected: true,
  },
  {
    title: 'equals: a number is no text',
    condition: { attribute: 'age', op: 'equals', values: ['18'] },
    context: { age: 18 },
    expected: false,
  },
  {
    title: 'equals: a boolean',
    condition: { attribute: 'staff', op: 'equals', values: [true] },
    context: { staff: true },
    expected: true,
  },
  {
    title: 'equals: an ignored case leaves numbers alone',
    condition: { attribute: 'age', op: 'equals', values: [18], ignoreCase: true },
    context: { age: 18 },
    expected: true,
  },
  { title: 'in: one of several', condition: plan(['free', 'pro']), context: { plan: 'pro' }, expected: true },
  {
    title: 'in: none of several',
    condition: plan(['free', 'pro']),
    context: { plan: 'team' },
    expected: false,
  },
  {
    title: 'in: one of several, case ignored',
    condition: plan(['FREE', 'PRO'], true),
    context: { plan: 'pro' },
    expected: true,
  },
  {
    title: 'in: an empty list holds for nobody',
    condition: plan([]),
    context: { plan: 'pro' },
    expected: false,
  },
  {
    title: 'in: an empty list does not hold for a missing attribute',
    condition: plan([]),
    context: {},
    expected: false,
  },
  {
    title: 'in: a list as attribute is of the wrong type',
    condition: plan(['pro']),
    context: { plan: ['pro'] },
    expected: false,
  },
  {
    title: 'starts-with: one of two',
    condition: { attribute: 'email', op: 'starts-with', values: ['x', 'an'] },
    context: { email: 'ann@a' },
    expected: true,
  },
  {
    title: 'starts-with: not in the middle',
    condition: { attribute: 'email', op: 'starts-with', values: ['nn'] },
    context: { email: 'ann@a' },
    expected: false,
  },
  {
    title: 'ends-with: case ignored',
    condition: { attribute: 'email', op: 'ends-with', values: ['@ACME.example'], ignoreCase: true },
    context: { email: 'a@Acme.Example' },
    expected: true,
  },
  {
    title: 'ends-with: not at the start',
    condition: { attribute: 'email', op: 'ends-with', values: ['a'] },
    context: { email: 'ab' },
    expected: false,
  },
  {
    title: 'contains: in the middle',
    condition: { attribute: 'email', op: 'contains', values: ['@'] },
    context: { email: 'a@b' },
    expected: true,
  },
  {
    title: 'contains: a number has no parts',
    condition: { attribute: 'age', op: 'contains', values: ['1'] },
    context: { age: 18 },
    expected: false,
  },
  {
    title: 'less-than: at the bound',
    condition: { attribute: 'age', op: 'less-than', values: [18] },
    context: { age: 18 },
    expected: false,
  },
  {
    title: 'at-most: at the bound',
    condition: { attribute: 'age', op: 'at-most', values: [18] },
    context: { age: 18 },
    expected: true,
  },
  {
    title: 'more-than: at the bound',
    condition: { attribute: 'age', op: 'more-than', values: [18] },
    context: { age: 18 },
    expected: false,
  },
  {
    title: 'at-least: at the bound',
    condition: { attribute: 'age', op: 'at-least', values: [18] },
    context: { age: 18 },
    expected: true,
  },
  {
    title: 'at-least: a number as text is of the wrong type',
    condition: { attribute: 'age', op: 'at-least', values: [18] },
    context: { age: '20' },
    expected: false,
  },
  {
    title: 'at-least: NaN',
    condition: { attribute: 'age', op: 'at-least', values: [18] },
    context: { age: Number.NaN },
    expected: false,
  },
  {
    title: 'at-most: null is no zero',
    condition: { attribute: 'age', op: 'at-most', values: [18] },
    context: { age: null },
    expected: false,
  },
  {
    title: 'exists: there',
    condition: { attribute: 'age', op: 'exists' },
    context: { age: 0 },
    expected: true,
  },
  {
    title: 'exists: an empty text is there',
    condition: { attribute: 'age', op: 'exists' },
    context: { age: '' },
    expected: true,
  },
  {
    title: 'exists: null',
    condition: { attribute: 'age', op: 'exists' },
    context: { age: null },
    expected: false,
  },
  { title: 'exists: missing', condition: { attribute: 'age', op: 'exists' }, context: {}, expected: false },
  {
    title: 'exists: what every object inherits is missing',
    condition: { attribute: 'constructor', op: 'exists' },
    context: {},
    expected: false,
  },
  {
    title: 'exists: the prototype is missing',
    condition: { attribute: '__proto__', op: 'exists' },
    context: {},
    expected: false,
  },
  {
    title: 'equals: an own attribute named __proto__',
    condition: { attribute: '__proto__', op: 'equals', values: ['x'] },
    context: JSON.parse('{"__proto__":"x"}'),
    expected: true,
  },
  { title: 'all: none', condition: { all: [] }, context: {}, expected: true },
  {
    title: 'all: one fails',
    condition: { all: [plan(['pro']), { attribute: 'age', op: 'exists' }] },
    context: { plan: 'pro' },
    expected: false,
  },
  {
    title: 'all: both hold',
    condition: { all: [plan(['pro']), { attribute: 'age', op: 'exists' }] },
    context: { plan: 'pro', age: 1 },
    expected: true,
  },
  { title: 'any: none', condition: { any: [] }, context: {}, expected: false },
  {
    title: 'any: one holds',
    condition: { any: [plan(['free']), plan(['pro'])] },
    context: { plan: 'pro' },
    expected: true,
  },
  {
    title: 'not: of a comparison that a missing attribute makes false',
    condition: { not: plan(['pro']) },
    context: {},
    expected: true,
  },
  {
    title: 'not: of a wrong type',
    condition: { not: { attribute: 'age', op: 'at-least', values: [18] } },
    context: { age: 'x' },
    expected: true,
  },
]

describe('a condition', () => {
  test.each(CASES)('$title: $expected', ({ condition, context, expected }) => {
    expect(holds(condition, context)).toBe(expected)
  })

  test.each([
    {
      why: 'an unknown operator',
      condition: { attribute: 'a', op: 'near', values: ['x'] },
      message: 'unknown operator "near"',
    },
    { why: 'no attribute', condition: { op: 'exists' }, message: 'a condition names no attribute' },
    {
      why: 'two numbers',
      condition: { attribute: 'a', op: 'less-than', values: [1, 2] },
      message: 'exactly one number',
    },
    {
      why: 'a number to start with',
      condition: { attribute: 'a', op: 'starts-with', values: [1] },
      message: 'no text',
    },
    {
      why: 'an object to equal',
      condition: { attribute: 'a', op: 'equals', values: [{}] },
      message: 'no text, number or boolean',
    },
    { why: 'no values', condition: { attribute: 'a', op: 'in' }, message: '' },
    { why: 'an unknown segment', condition: { segment: 'x' }, message: 'unknown segment x' },
    { why: 'nothing', condition: {}, message: 'a condition names no attribute' },
    { why: 'null', condition: null, message: '' },
  ])('with $why is refused when it is compiled', ({ condition, message }) => {
    expect(() => holds(JSON.parse(JSON.stringify(condition)), {})).toThrow(message)
  })

  test('nested too deep is refused when it is compiled', () => {
    let condition: Condition = { all: [] }
    for (let depth = 0; depth < 100_000; depth++) condition = { not: condition }
    expect(() => holds(condition, {})).toThrow('nested deeper than 64')
  })
})
