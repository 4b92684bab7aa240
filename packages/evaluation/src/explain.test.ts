import { describe, expect, test } from 'vitest'

import { compile } from './compile.ts'
import { explain } from './explain.ts'
import type { Condition, EvaluationContext, Flag } from './model.ts'
import { described } from './unmet.ts'

const SALT = '3sVw9-kQ1xZ8mTf'

/** Buckets with this salt: user-1 72663, user-2 98009, 42 3486. */
const flag: Flag = {
  key: 'new-checkout',
  kind: 'release',
  valueType: 'boolean',
  variants: { on: true, off: false },
  enabled: true,
  offVariant: 'off',
  rules: [
    {
      id: 'r-staff',
      name: 'Staff',
      when: {
        all: [
          { attribute: 'plan', op: 'in', values: ['pro', 'team'] },
          { attribute: 'age', op: 'at-least', values: [18] },
        ],
      },
      serve: { variant: 'on' },
    },
    {
      id: 'r-rollout',
      name: 'Rollout',
      when: { not: { segment: 'banned' } },
      serve: {
        exposure: {
          by: 'targetingKey',
          salt: SALT,
          hash: 'murmur3',
          variant: 'on',
          audiences: [{ id: 'everybody', when: { all: [] }, ranges: [{ from: 0, to: 75_000 }] }],
        },
      },
      rollout: { id: 'ro-1', attempt: 1, treatment: 'on', control: 'off', keySampleRate: 1 },
    },
  ],
  fallthrough: { variant: 'off' },
}
const banned = { key: 'banned', include: ['mallory'] }

function explained(context: EvaluationContext, change: Partial<Flag> = {}) {
  return explain(compile({ flags: [{ ...flag, ...change }], segments: [banned] }), flag.key, context)
}

describe('an explanation', () => {
  test('of a rule that decided names the rule', () => {
    const { sentence, trace } = explained({ plan: 'pro', age: 30 })
    expect(sentence).toBe(
      '"new-checkout" serves "on" (true) by rule "Staff": its condition holds; arm outside, rollout "ro-1" attempt 1.',
    )
    expect(trace).toEqual([
      { ruleId: 'r-staff', name: 'Staff', outcome: 'served', because: 'its condition holds' },
    ])
  })

  test('of an exposed context shows the bucket and the range', () => {
    const explanation = explained({ targetingKey: 'user-1', plan: 'pro', age: 3 })
    const { sentence, trace } = explanation
    expect(sentence).toBe(
      '"new-checkout" serves "on" (true) by rule "Rollout": the bucket of "user-1" is 72663, in 0..75000; arm exposed, audience "everybody", rollout "ro-1" attempt 1.',
    )
    expect(explanation).toMatchObject({ value: true, variant: 'on', reason: 'SPLIT', arm: 'exposed' })
    expect(trace).toEqual([
      {
        ruleId: 'r-staff',
        name: 'Staff',
        outcome: 'not-met',
        because: '"age" is 3, must be: a number of at least 18',
      },
      {
        ruleId: 'r-rollout',
        name: 'Rollout',
        outcome: 'served',
        because: 'the bucket of "user-1" is 72663, in 0..75000',
        audience: 'everybody',
        bucket: 72663,
        ranges: [{ from: 0, to: 75_000 }],
      },
    ])
  })

  test('of a control context shows the bucket and the ranges that it missed', () => {
    const { sentence, trace } = explained({ targetingKey: 'user-2' })
    expect(sentence).toBe(
      '"new-checkout" serves "off" (false), because no rule decided; arm control, audience "everybody", rollout "ro-1" attempt 1.',
    )
    expect(trace).toMatchObject([
      { outcome: 'not-met', because: '"plan" is missing' },
      {
        outcome: 'left-out',
        because: 'the bucket of "user-2" is 98009, in no range',
        bucket: 98009,
        ranges: [{ from: 0, to: 75_000 }],
      },
      { name: 'fallthrough', outcome: 'served' },
    ])
  })

  test('of a condition that is negated says what holds', () => {
    const { trace } = explained({ targetingKey: 'mallory' })
    expect(trace[1]).toMatchObject({
      outcome: 'not-met',
      because: 'this holds, and must not: in segment "banned"',
    })
  })

  test('of a missing key names the attribute', () => {
    const { sentence, trace } = explained({})
    expect(sentence).toBe(
      '"new-checkout" serves the caller\'s default: the context has no "targetingKey" to bucket by (TARGETING_KEY_MISSING).',
    )
    expect(trace.at(-1)).toMatchObject({ ruleId: 'r-rollout', outcome: 'key-missing' })
  })

  test('of a disabled flag looks at no rule', () => {
    expect(explained({}, { enabled: false })).toMatchObject({
      trace: [],
      sentence:
        '"new-checkout" serves "off" (false), because the flag is disabled; arm outside, rollout "ro-1" attempt 1.',
    })
  })

  test('of a flag without rules says so', () => {
    expect(explained({}, { rules: [] }).sentence).toBe(
      '"new-checkout" serves "off" (false), because the flag has no rules.',
    )
  })

  test('of a split fallthrough shows the bucket', () => {
    const ranges = [{ from: 0, to: 75_000, variant: 'on' }]
    const fallthrough = { allocation: { by: 'targetingKey', salt: SALT, hash: 'murmur3', ranges } } as const
    expect(explained({ targetingKey: 'user-1' }, { rules: [], fallthrough }).sentence).toBe(
      '"new-checkout" serves "on" (true), because the flag has no rules, and in the fallthrough the bucket of "user-1" is 72663, in 0..75000.',
    )
    expect(explained({ targetingKey: 'user-2' }, { rules: [], fallthrough }).sentence).toBe(
      '"new-checkout" serves "off" (false), because the flag has no rules, and the fallthrough leaves the key out: the bucket of "user-2" is 98009, in no range.',
    )
  })

  test('of a flag that does not exist says so', () => {
    const compiled = compile({ flags: [], segments: [] })
    expect(explain(compiled, 'none', {})).toMatchObject({
      flag: 'none',
      errorCode: 'FLAG_NOT_FOUND',
      sentence: '"none" serves the caller\'s default: there is no flag "none" (FLAG_NOT_FOUND).',
    })
  })
})

describe('the condition that failed', () => {
  const text = {
    attribute: 'email',
    op: 'ends-with',
    values: ['@a.example', '@b.example'],
    ignoreCase: true,
  } as const
  const many = Array.from({ length: 9 }, (_, i) => i)

  test.each<{ when: Condition; context: EvaluationContext; because: string }>([
    {
      when: text,
      context: { email: 'x' },
      because: '"email" is "x", must be: a text that ends with "@a.example" or "@b.example" (in any case)',
    },
    {
      when: text,
      context: { email: {} },
      because:
        '"email" is a value of type object, must be: a text that ends with "@a.example" or "@b.example" (in any case)',
    },
    {
      when: { attribute: 'n', op: 'in', values: many },
      context: { n: 10 },
      because: '"n" is 10, must be: 0, 1, 2, 3, 4 or 4 others',
    },
    {
      when: { attribute: 'n', op: 'less-than', values: [5] },
      context: { n: 5 },
      because: '"n" is 5, must be: a number less than 5',
    },
    { when: { attribute: 'n', op: 'exists' }, context: { n: null }, because: '"n" is missing' },
    { when: { segment: 'banned' }, context: {}, because: 'the context is not in segment "banned"' },
    { when: { any: [] }, context: {}, because: 'a choice of no conditions never holds' },
    {
      when: {
        any: [
          { attribute: 'a', op: 'exists' },
          { attribute: 'b', op: 'exists' },
        ],
      },
      context: {},
      because: 'none of these holds: "a" is missing; "b" is missing',
    },
    { when: { not: { all: [] } }, context: {}, because: 'this holds, and must not: everybody' },
    {
      when: { attribute: 'a', op: 'equals', values: ['x'.repeat(5)] },
      context: { a: 'y'.repeat(200) },
      because: `"a" is "${'y'.repeat(80)}…", must be: "xxxxx"`,
    },
  ])('reads: $because', ({ when, context, because }) => {
    const rules = [{ id: 'r', name: 'R', when, serve: { variant: 'on' } }]
    expect(explained(context, { rules }).trace[0]).toMatchObject({ outcome: 'not-met', because })
  })

  test('can be described in words, whatever it is made of', () => {
    const when: Condition = {
      any: [
        {
          all: [
            { attribute: 'plan', op: 'equals', values: ['pro'] },
            { not: { attribute: 'n', op: 'more-than', values: [3] } },
          ],
        },
        { segment: 'beta' },
        { attribute: 'email', op: 'exists' },
        { any: [] },
      ],
    }
    expect(described(when)).toBe(
      '"plan" is "pro" and not ("n" is a number more than 3) or in segment "beta" or "email" is present or nobody',
    )
  })
})
