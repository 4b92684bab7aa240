import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { compile } from './compile.ts'
import type { Condition, EvaluationContext, Flag, Serve } from './model.ts'

const half: Serve = {
  allocation: {
    by: 'targetingKey',
    salt: 'fifteen-letters',
    hash: 'murmur3',
    ranges: [{ from: 0, to: 50_000, variant: 'on' }],
  },
}

function flag(key: string, conditions: readonly Condition[], fallthrough: Serve): Flag {
  return {
    key,
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: conditions.map((when, i) => ({ id: `r${i}`, name: `r${i}`, when, serve: i === 0 ? half : ON })),
    fallthrough,
  }
}

const ON: Serve = { variant: 'on' }
const german: Condition = { attribute: 'country', op: 'in', values: ['DE'] }
const flags = [
  flag('plain', [], ON),
  flag('shares', [german, { segment: 'team' }], half),
  flag('shares, too', [{ attribute: 'country', op: 'in', values: ['DE'] }, { not: german }], {
    variant: 'off',
  }),
  { ...flag('asks', [german], ON), prerequisites: [{ flag: 'shares', variants: ['on'] }] },
  { ...flag('killed', [german], ON), enabled: false },
  { ...flag('malformed', [], ON), offVariant: 'neither', fallthrough: { variant: 'neither' } },
]
const snapshot = { flags, segments: [{ key: 'team', when: german, include: ['ada'] }] }

describe('every flag for one context', () => {
  const context = fc.record(
    {
      targetingKey: fc.constantFrom('ada', 'bob', 'cy', 'dee', ''),
      country: fc.constantFrom('DE', 'FR', 7),
    },
    { requiredKeys: [] },
  )

  test('is answered as one by one, in the order of the snapshot', () => {
    const compiled = compile(snapshot)
    fc.assert(
      fc.property(context, (of) => {
        const answers = compiled.all(of).map(({ evaluation }) => evaluation)
        expect(answers).toEqual(flags.map(({ key }) => compiled.flag(key)?.decide(of).evaluation))
      }),
      { seed: 7 },
    )
  })

  test('reads the context of each call, also where it is the same object', () => {
    const compiled = compile(snapshot)
    const changing: Record<string, unknown> = { targetingKey: 'cy', country: 'DE' }
    const before = compiled.all(changing)
    changing['country'] = 'FR'
    expect(compiled.all(changing)).not.toEqual(before)
    expect(compiled.all(changing)).toEqual(compiled.all({ targetingKey: 'cy', country: 'FR' }))
  })

  test('is not disturbed by an evaluation that reading the context begins', () => {
    const compiled = compile(snapshot)
    const other = { targetingKey: 'ada', country: 'DE' }
    const nosy: EvaluationContext = {
      targetingKey: 'cy',
      get country() {
        compiled.all(other)
        return 'FR'
      },
    }
    expect(compiled.all(nosy)).toEqual(compiled.all({ targetingKey: 'cy', country: 'FR' }))
  })

  test('never throws, whatever the context', () => {
    const compiled = compile(snapshot)
    const throwing: EvaluationContext = {
      targetingKey: 'cy',
      get country(): never {
        throw new Error('a getter')
      },
    }
    expect(compiled.all(throwing)).toEqual(compiled.all({ targetingKey: 'cy' }))
    for (const nothing of [null, undefined, 5]) {
      expect(compiled.all(nothing as unknown as EvaluationContext)).toEqual(compiled.all({}))
    }
  })
})

test('a flag is compiled when it is first asked for, and once', () => {
  let asked = 0
  const logic: Condition = { jsonLogic: true }
  const jsonLogic = () => {
    asked++
    return () => true
  }
  const compiled = compile(
    { flags: [flag('a', [logic], ON), flag('b', [], ON)], segments: [] },
    { jsonLogic },
  )
  expect(compiled.boolean('b', {}, false)).toBe(true)
  expect(asked).toBe(0)
  expect(compiled.flag('a')).toBe(compiled.flag('a'))
  expect(asked).toBe(1)
})
