import { describe, expect, test } from 'vitest'

import { bucket } from './bucket.ts'
import { compile } from './compile.ts'
import { evaluate } from './evaluate.ts'
import type { Allocation, Condition, EvaluationContext, Exposure, Flag, Rule, Serve } from './model.ts'

const EVERYBODY: Condition = { all: [] }
const STAFF: Condition = { attribute: 'staff', op: 'equals', values: [true] }
const BETA: Condition = { attribute: 'beta', op: 'equals', values: [true] }

function flagWith(change: Partial<Flag>): Flag {
  return {
    key: 'f',
    kind: 'release',
    valueType: 'string',
    variants: { new: 'N', old: 'O', other: 'X' },
    enabled: true,
    offVariant: 'old',
    rules: [],
    fallthrough: { variant: 'old' },
    ...change,
  }
}

function answer(flag: Flag, context: EvaluationContext = {}) {
  return evaluate(compile({ flags: [flag], segments: [] }), flag.key, flag.valueType, context)
}

function allocation(...ranges: Allocation['ranges']): Serve {
  return { allocation: { by: 'targetingKey', salt: 'variants-salt-1', hash: 'murmur3', ranges } }
}

function rule(id: string, when: Condition, serve: Serve): Rule {
  return { id, name: `Rule ${id}`, when, serve }
}

/** A key whose bucket lies in the range: the first of `user-0`, `user-1`, … */
function keyIn(salt: string, from: number, to: number): string {
  for (let i = 0; ; i++) {
    const number = bucket('murmur3', salt, `user-${i}`)
    if (from <= number && number < to) return `user-${i}`
  }
}

describe('without a rollout', () => {
  const half = allocation({ from: 0, to: 50_000, variant: 'new' })
  const low = keyIn('variants-salt-1', 0, 50_000)
  const high = keyIn('variants-salt-1', 50_000, 100_000)

  test('a flag without rules is STATIC', () => {
    expect(answer(flagWith({}))).toEqual({ value: 'O', variant: 'old', reason: 'STATIC' })
  })

  test('a variant without a value is the caller’s own default, with its name and reason', () => {
    const variants = { new: 'N', own: null }
    const flag = flagWith({ variants, offVariant: 'own', fallthrough: { variant: 'new' } })
    const off = { ...flag, enabled: false }
    expect(answer(off)).toEqual({ value: undefined, variant: 'own', reason: 'DISABLED' })
    const compiled = compile({ flags: [off], segments: [] })
    expect(compiled.string('f', {}, 'mine')).toBe('mine')
    expect(compiled.flag('f')?.string({}, 'mine')).toBe('mine')
    const ruled = { ...flag, rules: [rule('r', BETA, { variant: 'own' })] }
    expect(answer(ruled, { beta: true })).toMatchObject({ value: undefined, reason: 'TARGETING_MATCH' })
    expect(answer(ruled)).toMatchObject({ value: 'N', reason: 'DEFAULT' })
  })

  test('a disabled flag serves the off variant, whatever its rules say', () => {
    const flag = flagWith({
      enabled: false,
      rules: [rule('r', EVERYBODY, { variant: 'new' })],
      fallthrough: { variant: 'new' },
    })
    expect(answer(flag)).toEqual({ value: 'O', variant: 'old', reason: 'DISABLED' })
  })

  test('the first rule that holds decides', () => {
    const flag = flagWith({
      rules: [rule('a', STAFF, { variant: 'new' }), rule('b', BETA, { variant: 'other' })],
    })
    const match = { reason: 'TARGETING_MATCH' }
    expect(answer(flag, { staff: true, beta: true })).toEqual({
      value: 'N',
      variant: 'new',
      ruleId: 'a',
      ...match,
    })
    expect(answer(flag, { beta: true })).toEqual({ value: 'X', variant: 'other', ruleId: 'b', ...match })
    expect(answer(flag)).toEqual({ value: 'O', variant: 'old', reason: 'DEFAULT' })
  })

  test('a rule for everybody is a TARGETING_MATCH, too', () => {
    const flag = flagWith({ rules: [rule('a', EVERYBODY, { variant: 'new' })] })
    expect(answer(flag)).toMatchObject({ variant: 'new', reason: 'TARGETING_MATCH', ruleId: 'a' })
  })

  test('a key that an allocation leaves out goes on to the next rule', () => {
    const flag = flagWith({ rules: [rule('a', EVERYBODY, half), rule('b', EVERYBODY, { variant: 'other' })] })
    expect(answer(flag, { targetingKey: low })).toMatchObject({
      variant: 'new',
      reason: 'SPLIT',
      ruleId: 'a',
    })
    expect(answer(flag, { targetingKey: high })).toMatchObject({ variant: 'other', ruleId: 'b' })
  })

  test('a fallthrough allocation is SPLIT, and DEFAULT with the off variant for a key that it leaves out', () => {
    const flag = flagWith({ fallthrough: half })
    expect(answer(flag, { targetingKey: low })).toEqual({ value: 'N', variant: 'new', reason: 'SPLIT' })
    expect(answer(flag, { targetingKey: high })).toEqual({ value: 'O', variant: 'old', reason: 'DEFAULT' })
  })

  test('an allocation over three variants serves each in its own range', () => {
    const serve = allocation(
      { from: 60_000, to: 90_000, variant: 'other' },
      { from: 0, to: 30_000, variant: 'new' },
      { from: 30_000, to: 60_000, variant: 'old' },
    )
    const served = [0, 30_000, 60_000].map((from) => {
      return answer(flagWith({ fallthrough: serve }), {
        targetingKey: keyIn('variants-salt-1', from, from + 30_000),
      })
    })
    expect(served).toMatchObject([{ variant: 'new' }, { variant: 'old' }, { variant: 'other' }])
  })

  test('another attribute can be bucketed', () => {
    const serve: Serve = {
      allocation: {
        by: 'tenant',
        salt: 'variants-salt-1',
        hash: 'murmur3',
        ranges: [{ from: 0, to: 50_000, variant: 'new' }],
      },
    }
    const flag = flagWith({ fallthrough: serve })
    expect(answer(flag, { targetingKey: high, tenant: low })).toMatchObject({ variant: 'new' })
    expect(answer(flag, { targetingKey: low })).toMatchObject({ errorCode: 'TARGETING_KEY_MISSING' })
  })
})

describe('the bucketing key', () => {
  const half = flagWith({ fallthrough: allocation({ from: 0, to: 50_000, variant: 'new' }) })

  test.each([undefined, null, '', true, {}, [], Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol('key')])(
    'is missing where a partial allocation finds %s',
    (targetingKey) => {
      expect(answer(half, { targetingKey })).toEqual({
        reason: 'ERROR',
        errorCode: 'TARGETING_KEY_MISSING',
        errorMessage: 'the context has no "targetingKey" to bucket by',
      })
    },
  )

  test('may be a number, the same as its text', () => {
    for (let key = 0; key < 50; key++) {
      expect(answer(half, { targetingKey: key })).toEqual(answer(half, { targetingKey: String(key) }))
    }
  })

  test('is not needed for 0 %', () => {
    expect(answer(flagWith({ fallthrough: allocation() }))).toMatchObject({
      variant: 'old',
      reason: 'DEFAULT',
    })
    const empty = allocation({ from: 5, to: 5, variant: 'new' })
    expect(answer(flagWith({ rules: [rule('a', EVERYBODY, empty)] }))).toMatchObject({
      variant: 'old',
      reason: 'DEFAULT',
    })
  })

  test('is not needed for 100 %, in one range or in several of the same variant', () => {
    const whole = { value: 'N', variant: 'new', reason: 'SPLIT' }
    expect(answer(flagWith({ fallthrough: allocation({ from: 0, to: 100_000, variant: 'new' }) }))).toEqual(
      whole,
    )
    const pieces = allocation(
      { from: 40_000, to: 100_000, variant: 'new' },
      { from: 0, to: 40_000, variant: 'new' },
    )
    expect(answer(flagWith({ fallthrough: pieces }))).toEqual(whole)
  })

  test('is not needed by a rule whose condition does not hold', () => {
    const flag = flagWith({ rules: [rule('a', STAFF, allocation({ from: 0, to: 50_000, variant: 'new' }))] })
    expect(answer(flag)).toMatchObject({ reason: 'DEFAULT' })
    expect(answer(flag, { staff: true })).toMatchObject({ errorCode: 'TARGETING_KEY_MISSING' })
  })
})

describe('in a rollout', () => {
  const SALT = 'exposure-salt-1'
  const low = keyIn(SALT, 0, 20_000)
  const middle = keyIn(SALT, 20_000, 50_000)
  const high = keyIn(SALT, 50_000, 100_000)
  const owner = { rollout: { id: 'ro', attempt: 2 } }

  /** Staff: half; beta: a fifth of those who are no staff; everybody: none yet. */
  const exposure: Exposure = {
    by: 'targetingKey',
    salt: SALT,
    hash: 'murmur3',
    variant: 'new',
    audiences: [
      { id: 'staff', when: STAFF, ranges: [{ from: 0, to: 50_000 }] },
      { id: 'beta', when: BETA, ranges: [{ from: 0, to: 20_000 }] },
      { id: 'everybody', when: EVERYBODY, ranges: [] },
    ],
  }

  function owned(change: Partial<Exposure> = {}, when: Condition = EVERYBODY): Rule {
    const rollout = { ...owner.rollout, treatment: 'new', control: 'old', keySampleRate: 1 }
    return { ...rule('rollout', when, { exposure: { ...exposure, ...change } }), rollout }
  }

  test('a context in range of its audience is exposed', () => {
    expect(answer(flagWith({ rules: [owned()] }), { targetingKey: low, beta: true })).toEqual({
      value: 'N',
      variant: 'new',
      reason: 'SPLIT',
      ruleId: 'rollout',
      arm: 'exposed',
      audience: 'beta',
      ...owner,
    })
  })

  test('a context out of range that is finally served the control variant is control', () => {
    expect(answer(flagWith({ rules: [owned()] }), { targetingKey: middle, beta: true })).toEqual({
      value: 'O',
      variant: 'old',
      reason: 'DEFAULT',
      arm: 'control',
      audience: 'beta',
      ...owner,
    })
  })

  test('a context belongs to the first audience that matches, even if it is out of range there', () => {
    const wide = owned({
      audiences: [
        { id: 'staff', when: STAFF, ranges: [] },
        { id: 'everybody', when: EVERYBODY, ranges: [{ from: 0, to: 100_000 }] },
      ],
    })
    const flag = flagWith({ rules: [wide] })
    expect(answer(flag, { targetingKey: low, staff: true })).toMatchObject({
      arm: 'control',
      audience: 'staff',
    })
    expect(answer(flag, { targetingKey: low })).toMatchObject({ arm: 'exposed', audience: 'everybody' })
  })

  test('an audience that is exposed whole needs no key and is a TARGETING_MATCH', () => {
    const flag = flagWith({
      rules: [
        owned({ audiences: [{ id: 'everybody', when: EVERYBODY, ranges: [{ from: 0, to: 100_000 }] }] }),
      ],
    })
    expect(answer(flag)).toMatchObject({
      variant: 'new',
      reason: 'TARGETING_MATCH',
      arm: 'exposed',
      audience: 'everybody',
    })
  })

  test('an audience of which nobody is exposed needs no key', () => {
    expect(answer(flagWith({ rules: [owned()] }))).toMatchObject({ arm: 'control', audience: 'everybody' })
  })

  test('a partly exposed audience needs a key, and only for its own contexts', () => {
    const flag = flagWith({ rules: [owned()] })
    expect(answer(flag, { beta: true })).toMatchObject({ errorCode: 'TARGETING_KEY_MISSING' })
    expect(answer(flag, {})).toMatchObject({ arm: 'control' })
  })

  test('while observing, both arms are served the control variant', () => {
    const flag = flagWith({ rules: [owned({ variant: 'old' })] })
    expect(answer(flag, { targetingKey: low, beta: true })).toMatchObject({
      variant: 'old',
      arm: 'exposed',
      ruleId: 'rollout',
    })
    expect(answer(flag, { targetingKey: high, beta: true })).toMatchObject({ variant: 'old', arm: 'control' })
  })

  test('a context out of range that is finally served another variant is outside', () => {
    const flag = flagWith({ rules: [owned()], fallthrough: { variant: 'other' } })
    expect(answer(flag, { targetingKey: high })).toEqual({
      value: 'X',
      variant: 'other',
      reason: 'DEFAULT',
      arm: 'outside',
      ...owner,
    })
  })

  test('a later rule that serves the control variant makes control, with its own id', () => {
    const flag = flagWith({
      rules: [owned(), rule('later', { attribute: 'plan', op: 'exists' }, { variant: 'old' })],
      fallthrough: { variant: 'other' },
    })
    expect(answer(flag, { targetingKey: high, plan: 'pro' })).toMatchObject({
      arm: 'control',
      audience: 'everybody',
      ruleId: 'later',
    })
    expect(answer(flag, { targetingKey: high })).toMatchObject({ arm: 'outside' })
  })

  test('a later allocation makes control of the keys that it serves the control variant', () => {
    const serve = allocation(
      { from: 0, to: 50_000, variant: 'old' },
      { from: 50_000, to: 100_000, variant: 'other' },
    )
    const flag = flagWith({ rules: [owned()], fallthrough: serve })
    expect(answer(flag, { targetingKey: keyIn('variants-salt-1', 0, 50_000) })).toMatchObject({
      arm: 'control',
      reason: 'SPLIT',
    })
    expect(answer(flag, { targetingKey: keyIn('variants-salt-1', 50_000, 100_000) })).toMatchObject({
      arm: 'outside',
      reason: 'SPLIT',
    })
  })

  test('a rule that decides before the rollout makes outside, even with the control variant', () => {
    const flag = flagWith({ rules: [rule('first', STAFF, { variant: 'old' }), owned()] })
    expect(answer(flag, { targetingKey: low, staff: true })).toEqual({
      value: 'O',
      variant: 'old',
      reason: 'TARGETING_MATCH',
      ruleId: 'first',
      arm: 'outside',
      ...owner,
    })
  })

  test('a context for which the rule itself does not hold is outside', () => {
    const flag = flagWith({ rules: [owned({}, BETA)] })
    expect(answer(flag, { targetingKey: low })).toEqual({
      value: 'O',
      variant: 'old',
      reason: 'DEFAULT',
      arm: 'outside',
      ...owner,
    })
  })

  test('a context of no audience is outside', () => {
    const flag = flagWith({ rules: [owned({ audiences: [{ id: 'staff', when: STAFF, ranges: [] }] })] })
    expect(answer(flag, { targetingKey: low })).toMatchObject({ arm: 'outside' })
  })

  test('a disabled flag puts everybody outside', () => {
    const flag = flagWith({ enabled: false, rules: [owned()] })
    expect(answer(flag, { targetingKey: low, staff: true })).toEqual({
      value: 'O',
      variant: 'old',
      reason: 'DISABLED',
      arm: 'outside',
      ...owner,
    })
  })
})

describe('an evaluation that cannot answer', () => {
  const compiled = compile({ flags: [flagWith({ key: 'f' }), flagWith({ key: '__proto__' })], segments: [] })

  test('says that there is no such flag', () => {
    for (const key of ['none', 'constructor', 'toString', '']) {
      expect(evaluate(compiled, key, 'string', {})).toMatchObject({
        reason: 'ERROR',
        errorCode: 'FLAG_NOT_FOUND',
      })
    }
  })

  test('says that the flag is of another type', () => {
    expect(evaluate(compiled, 'f', 'boolean', {})).toEqual({
      reason: 'ERROR',
      errorCode: 'TYPE_MISMATCH',
      errorMessage: 'flag "f" is of type string, not boolean',
    })
  })

  test('finds a flag by any key, those of every object included', () => {
    expect(evaluate(compiled, '__proto__', 'string', {})).toMatchObject({ variant: 'old' })
  })
})
