import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { compile, jsonLogicOf } from '@flagmarshal/evaluation'
import type { Condition, EvaluationContext, JsonObject, JsonValue } from '@flagmarshal/evaluation'
import { FlagdCore } from '@openfeature/flagd-core'
import { LogicEngine } from 'json-logic-engine'
import { describe, expect, it } from 'vitest'

import { randomOf } from '../../../../tests/support/random.ts'
import { flagdImport } from './flagd-import.ts'
import { flagOf } from './imported.ts'

const QUIET = { error() {}, warn() {}, info() {}, debug() {} }
const engines = { jsonLogic: jsonLogicOf(new LogicEngine()) }
const request = { engines, environment: '*', now: new Date(0) }

const VARIANTS = { red: '#f00', blue: '#00f', true: 'T', false: 'F' }

function imported(targeting: JsonValue, more: JsonObject = {}) {
  const flag = { state: 'ENABLED', variants: VARIANTS, defaultVariant: 'red', targeting, ...more }
  return flagdImport({ flags: { f: flag } }, request)
}

function ruleOf(condition: JsonValue): Condition | undefined {
  return imported({ if: [condition, 'blue'] }).flags[0]?.rules[0]?.when
}

describe('a flagd condition', () => {
  const color = { var: ['color'] }
  it.each<[JsonValue, Condition]>([
    [{ '===': [color, 'red'] }, { attribute: 'color', op: 'equals', values: ['red'] }],
    [{ '==': ['red', { var: 'color' }] }, { attribute: 'color', op: 'equals', values: ['red'] }],
    [{ '!=': [color, 'red'] }, { not: { attribute: 'color', op: 'equals', values: ['red'] } }],
    [{ in: [color, ['a', 5]] }, { attribute: 'color', op: 'in', values: ['a', 5] }],
    [{ in: ['@faas.com', color] }, { attribute: 'color', op: 'contains', values: ['@faas.com'] }],
    [{ starts_with: [color, 'r'] }, { attribute: 'color', op: 'starts-with', values: ['r'] }],
    [{ ends_with: [color, 'd'] }, { attribute: 'color', op: 'ends-with', values: ['d'] }],
    [{ '<': [5, color] }, { attribute: 'color', op: 'more-than', values: [5] }],
    [{ sem_ver: [color, '^', '3.0.0'] }, { attribute: 'color', op: 'version-same-major', values: ['3.0.0'] }],
    [
      { and: [{ '!': [{ '===': [color, 1] }] }, { or: [{ '===': [color, true] }] }] },
      {
        all: [
          { not: { attribute: 'color', op: 'equals', values: [1] } },
          { any: [{ attribute: 'color', op: 'equals', values: [true] }] },
        ],
      },
    ],
  ])('%j is a condition of ours', (logic, condition) => {
    expect(ruleOf(logic)).toEqual(condition)
  })

  it.each<[string, JsonValue]>([
    ['converts types', { '==': [color, '5'] }],
    ['compares with a number loosely', { '==': [color, 5] }],
    ['reads below an attribute', { '===': [{ var: 'user.name' }, 'x'] }],
    ['has a default', { '===': [{ var: ['color', 'x'] }, 'x'] }],
    ['compares three', { '<': [1, color, 3] }],
    ['calculates', { '===': [{ '%': [color, 2] }, 0] }],
  ])('that %s stays JSONLogic', (_, logic) => {
    expect(ruleOf(logic)).toEqual({ jsonLogic: logic })
  })
})

describe('the format’s own rules', () => {
  it('$ref is the evaluator of that name, through several, never in a circle', () => {
    const evaluators = { a: { $ref: 'b' }, b: { '===': [{ var: 'x' }, 1] }, c: { $ref: 'c' } }
    const flag = (name: string) => ({
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: { if: [{ $ref: name }, 'on'] },
    })
    const flags = { good: flag('a'), circle: flag('c'), nowhere: flag('z') }
    const { flags: read, report } = flagdImport({ $evaluators: evaluators, flags }, request)
    expect(read.map((it) => it.rules[0]?.when)).toEqual([{ attribute: 'x', op: 'equals', values: [1] }])
    expect(report.filter((it) => it.severity === 'HIGH').map((it) => it.entity)).toEqual([
      'flag circle',
      'flag nowhere',
    ])
  })

  it('metadata of the file is under that of the flag', () => {
    const flag = {
      state: 'ENABLED',
      variants: { on: true },
      defaultVariant: 'on',
      metadata: { owner: 'team-b' },
    }
    const { flags, report } = flagdImport(
      { metadata: { owner: 'team-a', description: 'All of them.', cost: 7 }, flags: { f: flag } },
      request,
    )
    expect(flags[0]).toMatchObject({ owner: 'team-b', description: 'All of them.' })
    expect(report).toEqual([{ severity: 'LOW', entity: 'flag f', message: 'Its metadata cost is not kept.' }])
  })

  it('DISABLED has no value there, and here a variant that has none', () => {
    const { flags, report } = imported({ if: [true, 'blue'] }, { state: 'DISABLED' })
    expect(flags[0]).toMatchObject({
      enabled: false,
      offVariant: 'caller-default',
      variants: { red: '#f00', 'caller-default': null },
    })
    expect(report).toEqual([])
  })

  it('a null default variant is one that has no value, where the targeting does not always decide', () => {
    const decided = imported({ if: [{ '===': [{ var: 'x' }, 1] }, 'red', 'blue'] }, { defaultVariant: null })
    expect(decided.flags[0]).toMatchObject({ fallthrough: { variant: 'blue' } })
    const open = imported({ if: [{ '===': [{ var: 'x' }, 1] }, 'red'] }, { defaultVariant: null })
    expect(open.report).toEqual([])
    expect(open.flags[0]).toMatchObject({
      fallthrough: { variant: 'caller-default' },
      variants: { 'caller-default': null },
    })
    expect(decided.flags[0]?.variants).not.toHaveProperty('caller-default')
  })

  it.each<[string, JsonValue, string]>([
    ['the time', { if: [{ '>': [{ var: '$flagd.timestamp' }, 5] }, 'blue'] }, 'the time'],
    ['an unknown variant', { if: [true, 'green'] }, 'none of its variants'],
    ['an unknown operator', { if: [{ nope: [1] }, 'blue'] }, 'no operator'],
  ])('%s leaves the flag out, with the reason', (_, targeting, says) => {
    const { flags, report } = imported(targeting)
    expect(flags).toEqual([])
    expect(report).toEqual([{ severity: 'HIGH', entity: 'flag f', message: expect.stringContaining(says) }])
  })

  it('a list of flags is read as a map is', () => {
    const flag = { key: 'f', state: 'ENABLED', variants: { on: true }, defaultVariant: 'on' }
    expect(flagdImport({ flags: [flag] }, request).flags.map((it) => it.key)).toEqual(['f'])
  })

  it.each([
    [{}],
    [{ flags: 5 }],
    [{ flags: { f: null } }],
    [{ flags: { f: { state: 'ENABLED', variants: [] } } }],
  ])('%j is no definition, and nothing throws', (definition) => {
    expect(flagdImport(definition as JsonObject, request).flags).toEqual([])
  })
})

describe('an imported targeting', () => {
  const parts: readonly JsonValue[] = [
    ['red', 25],
    ['blue', 25],
    ['true', 25],
    ['false', 25],
  ]
  const targetings: readonly JsonValue[] = [
    { fractional: parts },
    { fractional: [{ var: 'email' }, ...parts] },
    { fractional: [{ cat: [{ var: '$flagd.flagKey' }, { var: 'email' }] }, ...parts] },
    { fractional: [['red'], ['blue', 2]] },
    {
      fractional: [
        ['red', 1],
        ['blue', 3],
        [true, 0],
      ],
    },
    {
      fractional: [
        ['red', 1],
        [
          {
            fractional: [
              ['blue', 1],
              ['false', 1],
            ],
          },
          1,
        ],
      ],
    },
    {
      if: [
        { starts_with: [{ var: 'email' }, 'u'] },
        { fractional: parts },
        { in: ['@b', { var: 'email' }] },
        'blue',
        null,
      ],
    },
    {
      if: [
        { in: [{ var: 'plan' }, ['pro', 'team']] },
        { if: [{ '===': [{ var: 'beta' }, true] }, 'blue'] },
        'false',
      ],
    },
    { '===': [{ var: 'plan' }, 'pro'] },
    {
      if: [
        { sem_ver: [{ var: 'version' }, '>=', '1.2'] },
        'blue',
        { sem_ver: [{ var: 'version' }, '~', '1.1.0'] },
        'true',
      ],
    },
    { if: [{ '!=': [{ var: 'plan' }, 'pro'] }, true, { '!': [{ var: 'beta' }] }, 'blue', 'false'] },
    {
      if: [
        { and: [{ var: 'beta' }, { '>': [{ var: 'age' }, 17] }] },
        'blue',
        { '==': [{ var: 'age' }, '5'] },
        'true',
      ],
    },
    { var: 'plan' },
  ]

  it('answers as flagd-core does, for every one of them and 2,000 contexts each', () => {
    const random = randomOf(77)
    const pick = <T>(among: readonly T[]): T | undefined => among[Math.floor(random.uniform() * among.length)]
    const contexts = Array.from({ length: 2_000 }, (_, i): EvaluationContext => {
      const context: Record<string, unknown> = {}
      if (random.uniform() < 0.8) context['targetingKey'] = `user-${i}`
      if (random.uniform() < 0.8) context['email'] = `u${i}@${pick(['a', 'b'])}.example`
      if (random.uniform() < 0.8) context['plan'] = pick(['pro', 'team', 'free', 'red', 'blue'])
      if (random.uniform() < 0.8) context['beta'] = pick([true, false])
      if (random.uniform() < 0.8) context['age'] = pick([5, 17, 18])
      if (random.uniform() < 0.8) context['version'] = pick(['1.1.9', '1.2.0', '2.0.0-rc.1', 'none'])
      return context
    })
    for (const [targeting, defaultVariant] of targetings.flatMap((it) => [
      [it, 'red'] as const,
      [it, null] as const,
    ])) {
      const { flags } = imported(targeting, { defaultVariant })
      const [flag] = flags.map(flagOf)
      if (flag === undefined) throw new Error(`${JSON.stringify(targeting)} was left out`)
      const compiled = compile({ flags: [flag], segments: [] }, engines)
      const core = new FlagdCore(undefined, QUIET)
      const file = { state: 'ENABLED', variants: VARIANTS, defaultVariant, targeting }
      core.setConfigurations(JSON.stringify({ flags: { f: file } }))
      const differing = contexts.flatMap((context) => {
        const theirs = core.resolveStringEvaluation('f', 'none', context as never, QUIET)
        const ours = compiled.flag('f')?.decide(context).evaluation
        // Where flagd finds no such variant it fails; here the default is served.
        const expected =
          theirs.errorCode === undefined && theirs.variant !== undefined
            ? theirs.variant
            : (defaultVariant ?? 'caller-default')
        return ours !== undefined && 'variant' in ours && ours.variant === expected
          ? []
          : [{ context, theirs, ours }]
      })
      expect(differing.slice(0, 2), JSON.stringify(targeting)).toEqual([])
    }
  })

  it('is a rule and an allocation where it can be, and JSONLogic only where it must', () => {
    const kept = targetings.filter((it) => JSON.stringify(imported(it).flags[0]?.rules).includes('jsonLogic'))
    expect(kept.map((it) => targetings.indexOf(it))).toEqual([1, 3, 5, 8, 10, 11, 12])
  })
})

const folder =
  process.env['FLAGMARSHAL_CONFORMANCE_DIR'] ?? join(import.meta.dirname, '../../../../../shared')
const files = join(folder, 'conformance/flagd-schemas/test')

describe.skipIf(!existsSync(files))('the fixtures of flagd’s schemas', () => {
  it.each(globSync('{flags,flagd}/positive/*.json', { cwd: files }))('%s is imported', (file) => {
    const { flags, report } = flagdImport(JSON.parse(readFileSync(join(files, file), 'utf8')), request)
    const left = report.filter((it) => it.severity === 'HIGH' && it.message.includes('left out'))
    expect(flags.length + left.length).toBeGreaterThan(0)
    expect(left.filter((it) => !/the time/.test(it.message))).toEqual([])
  })

  it.each(
    globSync(
      'flags/negative/{malformed-flag,missing-variants,empty-variants,mixed-variant-types.ffconfig,state-set-incorrectly,with-invalid-targeting}.json',
      {
        cwd: files,
      },
    ),
  )('%s is refused with a reason', (file) => {
    const { report } = flagdImport(JSON.parse(readFileSync(join(files, file), 'utf8')), request)
    expect(report.some((it) => it.severity === 'HIGH')).toBe(true)
  })
})
