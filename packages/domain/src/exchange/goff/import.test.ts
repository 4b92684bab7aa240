/**
 * There is no evaluator of GO Feature Flag's on npm (its provider asks a server), so these are cases that its
 * documentation and its own tests name, and rules of its evaluation that were read in its source.
 */
import { compile, jsonLogicOf } from '@flagmarshal/evaluation'
import type { Condition, EvaluationContext, Flag, JsonObject } from '@flagmarshal/evaluation'
import { LogicEngine } from 'json-logic-engine'
import { describe, expect, it } from 'vitest'

import { flagOf } from '../imported.ts'
import { goffCondition } from './condition.ts'
import { goffImport } from './import.ts'
import { parseQuery } from './query.ts'

const engines = { jsonLogic: jsonLogicOf(new LogicEngine()) }
const NOW = new Date('2026-06-01T00:00:00Z')
const request = { engines, environment: '*', now: NOW }

function one(flag: JsonObject, key = 'f') {
  const { flags, report } = goffImport({ [key]: flag }, request)
  return { flag: flags[0], report, says: report.map((line) => `${line.severity} ${line.message}`) }
}

/** What is served of it. */
function served(flag: JsonObject, context: EvaluationContext, key = 'f') {
  const imported = one(flag, key).flag
  if (imported === undefined) throw new Error('it was left out')
  const compiled = compile({ flags: [flagOf(imported)], segments: [] }, engines)
  expect(compiled.problems).toEqual([])
  return compiled.flag(key)?.decide(context).evaluation
}

function holds(query: string, context: EvaluationContext): boolean {
  const when: Condition = goffCondition(query, () => undefined)
  const rules = [{ id: 'r', name: 'r', when, serve: { variant: 'on' } }]
  const flag: Flag = {
    key: 'f',
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules,
    fallthrough: { variant: 'off' },
  }
  return compile({ flags: [flag], segments: [] }, engines).boolean('f', context, false)
}

const variations = { A: 'a', B: 'b', C: 'c', D: 'd' }
const plain = { variations, defaultRule: { variation: 'A' } }

describe('a query', () => {
  it.each<[string, EvaluationContext, boolean]>([
    ['x eq 1 and y gt 1', { x: 1, y: 2 }, true],
    ['x eq 1 and y gt 1', { x: 1, y: 1 }, false],
    ['x eq 1 and not (y gt 1)', { x: 1, y: 1 }, true],
    ['x eq 1 and not (y gt 1)', { x: 1, y: 2 }, false],
    ['(x eq 1 and y gt 1) and z eq 3', { x: 1, y: 2, z: 3 }, true],
    ['(x eq 1 and y gt 1) and z eq 3 or a gt 4', { x: 1, y: 2, a: 5 }, true],
    ['(x eq 1 and y gt 1) and (z eq 3 or a gt 4)', { x: 1, y: 2, a: 5 }, true],
    // Both bind alike, from the left.
    ['x eq 1 or x eq 1 and x eq 2', { x: 1 }, false],
    ['country eq "DE"', { country: 'de' }, true],
    ['country == "DE"', { country: 'fr' }, false],
    ['country ne "DE"', { country: 'fr' }, true],
    ['country ne "DE"', {}, false],
    ['country ne "DE"', { country: 5 }, false],
    ['not (country eq "DE")', {}, true],
    ['email ew "@EXAMPLE.com"', { email: 'Ada@example.COM' }, true],
    ['email sw "ada"', { email: 'bob' }, false],
    ['email co "@ex"', { email: 'ada@example.com' }, true],
    ['country in ["DE", "AT"]', { country: 'AT' }, true],
    ['country in ["DE","AT"]', { country: 'at' }, false],
    ['age in [18, 21]', { age: 21 }, true],
    ['age ge 18', { age: 18 }, true],
    ['age lt 18.5', { age: 18 }, true],
    ['age ne 18', { age: '18' }, false],
    ['age >= 18 and age <= 65', { age: 70 }, false],
    ['beta eq true', { beta: true }, true],
    ['beta ne true', { beta: false }, true],
    ['beta ne true', {}, false],
    ['anonymous eq false', {}, true],
    ['anonymous ne true', { anonymous: true }, false],
    ['plan pr', { plan: 'x' }, true],
    ['plan pr', { plan: null }, false],
    ['plan eq null', {}, true],
    ['plan ne null', { plan: 0 }, true],
    ['version gt 1.2.3', { version: '1.10.0' }, true],
    ['version ne 1.2.3', { version: 'x' }, false],
    ['key eq "ada"', { targetingKey: 'ada' }, true],
    ['targetingKey sw "a"', { targetingKey: 'ada' }, true],
    ['key ne "ada"', {}, true],
    ['key pr', {}, true],
    ['user.plan eq "Pro"', { user: { plan: 'pro' } }, true],
    ['user.plan ne "pro"', { user: {} }, false],
    ['user.plan co "r.o"', { user: { plan: 'pro' } }, false],
    ['user.age gt 5', { user: { age: 6 } }, true],
    ['user.beta eq true', { user: { beta: true } }, true],
    ['user.x pr', { user: {} }, false],
    ['{"==": [{"var": "key"}, "ada"]}', { targetingKey: 'ada' }, true],
    ['{"or": [{"var": "anonymous"}, {"in": ["x", {"var": "name"}]}]}', { name: 'max' }, true],
    ['{"!": [{"var": "anonymous"}]}', {}, true],
    ['', {}, true],
  ])('%s for %j: %j', (query, context, expected) => {
    expect(holds(query, context)).toBe(expected)
  })

  it.each([
    'x',
    'x eq',
    'x is 1',
    'x eq 1 and',
    'x eq 1 AND y eq 2',
    '(x eq 1',
    'x eq "a',
    'not x eq 1',
    'x eq [1]x',
    'x in [1, "a"]',
    '1 eq 1',
    'x  eq 1 )',
  ])('that cannot be read says where: %s', (query) => {
    expect(() => parseQuery(query)).toThrow(SyntaxError)
  })

  it('is not read without end', () => {
    expect(() => parseQuery(`${'('.repeat(100)}x eq 1${')'.repeat(100)}`)).toThrow('nested deeper')
  })
})

describe('a flag of GO Feature Flag’s', () => {
  it('has its rules, variations, description and owner, and serves the caller’s default where it is off', () => {
    const { flag, report } = one({
      ...plain,
      targeting: [{ name: 'Germans', query: 'country eq "DE"', variation: 'B' }],
      metadata: { description: 'A flag.', owner: 'team-a' },
    })
    expect(report).toEqual([])
    expect(flag).toEqual({
      key: 'f',
      description: 'A flag.',
      owner: 'team-a',
      valueType: 'string',
      variants: { ...variations, 'caller-default': null },
      enabled: true,
      offVariant: 'caller-default',
      rules: [
        {
          name: 'Germans',
          when: { attribute: 'country', op: 'equals', values: ['DE'], ignoreCase: true },
          serve: { variant: 'B' },
        },
      ],
      fallthrough: { variant: 'A' },
    })
    expect(served({ ...plain, disable: true }, {})).toEqual({
      value: undefined,
      variant: 'caller-default',
      reason: 'DISABLED',
    })
  })

  it.each<[JsonObject, string, string]>([
    [{ B: 91, C: 9 }, 'userkey', 'C'],
    [{ D: 70, C: 10, B: 20 }, 'randomUserID', 'C'],
    [{ D: 70, C: 10, B: 20 }, '96ac59e6-7492-436b-b15a-ba1d797d2423', 'B'],
    [{ B: 0, C: 100 }, 'userkey', 'C'],
  ])('keeps the buckets that its own tests name: %j for %s is %s', (percentage, targetingKey, variant) => {
    const flag = { ...plain, defaultRule: { variation: 'A', percentage } }
    expect(served(flag, { targetingKey }, 'flagname+')).toMatchObject({ variant })
  })

  it('splits by another attribute, and says when it is missing', () => {
    const flag = { ...plain, bucketingKey: 'team', defaultRule: { percentage: { A: 33.33, B: 66.67 } } }
    const { flag: imported, says } = one(flag)
    expect(imported?.fallthrough).toEqual({
      allocation: {
        by: 'team',
        salt: 'f',
        hash: 'goff',
        ranges: [
          { from: 0, to: 66_670, variant: 'B' },
          { from: 66_670, to: 100_000, variant: 'A' },
        ],
      },
    })
    expect(says).toEqual([expect.stringContaining('LOW It hashes as GO Feature Flag does')])
    expect(served(flag, { targetingKey: 'u' })).toMatchObject({ errorCode: 'TARGETING_KEY_MISSING' })
  })

  it.each([
    ['2026-07-01T00:00:00Z', '2026-08-01T00:00:00Z', { variant: 'A' }, true],
    ['2026-05-01T00:00:00Z', '2026-05-31T00:00:00Z', { variant: 'B' }, false],
    [
      '2026-05-22T00:00:00Z',
      '2026-06-11T00:00:00Z',
      {
        allocation: {
          ranges: [
            { from: 0, to: 50_000, variant: 'B' },
            { from: 50_000, to: 100_000, variant: 'A' },
          ],
        },
      },
      true,
    ],
  ])('takes a progressive rollout from %s to %s as it is now', (from, to, serve, growing) => {
    const progressiveRollout = {
      initial: { variation: 'A', percentage: 0, date: from },
      end: { variation: 'B', percentage: 100, date: to },
    }
    const { flag, says } = one({ ...plain, defaultRule: { progressiveRollout } })
    expect(flag?.fallthrough).toMatchObject(serve)
    expect(says.some((it) => it.startsWith('HIGH'))).toBe(growing)
  })

  it('takes the scheduled steps that are due, and says which are not', () => {
    const { flag, says } = one({
      ...plain,
      targeting: [{ name: 'one', query: 'x eq 1', percentage: { A: 90, B: 10 } }],
      scheduledRollout: [
        {
          date: '2026-05-01T00:00:00Z',
          targeting: [
            { name: 'one', percentage: { A: 80, B: 20 } },
            { name: 'two', query: 'y eq 1', variation: 'C' },
          ],
          variations: { E: 'e' },
        },
        { date: '2026-05-02T00:00:00Z', defaultRule: { variation: 'E' } },
        { date: '2026-09-01T00:00:00Z', disable: true },
      ],
    })
    expect(flag?.rules.map((it) => it.name)).toEqual(['one', 'two'])
    expect(flag?.rules[0]?.serve).toMatchObject({
      allocation: { ranges: [{ to: 20_000, variant: 'B' }, { variant: 'A' }] },
    })
    expect(flag).toMatchObject({ fallthrough: { variant: 'E' }, enabled: true })
    expect(says[0]).toContain('HIGH Its step of 2026-09-01')
  })

  it.each([
    [{ start: '2026-07-01T00:00:00Z' }, false, 'HIGH Its experiment begins'],
    [{ start: '2026-05-01T00:00:00Z', end: '2026-07-01T00:00:00Z' }, true, 'HIGH Its experiment ends'],
    [{ end: '2026-05-01T00:00:00Z' }, false, 'LOW Its experiment is over'],
    [{ start: '2026-05-01T00:00:00Z' }, true, undefined],
  ])('is off outside of its experiment: %j', (experimentation, enabled, message) => {
    const { flag, says } = one({ ...plain, experimentation })
    expect(flag?.enabled).toBe(enabled)
    expect(says[0]?.slice(0, message?.length)).toBe(message)
  })

  it('asks for the flags that it needs, which stand before it', () => {
    const gate = { variations: { yes: true, no: false }, defaultRule: { variation: 'yes' } }
    const { flags, report } = goffImport({ f: { ...plain, needs: [{ flag: 'gate' }] }, gate }, request)
    expect(flags.map((it) => it.key)).toEqual(['gate', 'f'])
    expect(flags[1]?.prerequisites).toEqual([{ flag: 'gate', variants: ['yes'] }])
    expect(report).toEqual([])
    const circle = goffImport(
      { a: { ...gate, needs: [{ flag: 'b' }] }, b: { ...gate, needs: [{ flag: 'a' }] } },
      request,
    )
    expect(circle.flags).toEqual([])
    expect(circle.report.filter((it) => it.severity === 'HIGH')).toHaveLength(2)
  })

  it('loses a rule whose query cannot be read, which applies to nobody there either, and a disabled one', () => {
    const targeting = [
      { name: 'broken', query: 'country is "DE"', variation: 'B' },
      { query: 'x eq 1', variation: 'C', disable: true },
    ]
    const { flag, says } = one({
      ...plain,
      targeting,
      trackEvents: false,
      version: '2',
      metadata: { link: 'x' },
    })
    expect(flag?.rules).toEqual([])
    expect(says).toEqual([
      expect.stringContaining('HIGH Its rule "broken" is left out'),
      'LOW A rule of it is disabled, and left out.',
      'LOW What it says of trackEvents, version, metadata.link is not kept.',
    ])
  })

  it.each<[string, JsonObject, string]>([
    ['no variations', { defaultRule: { variation: 'A' } }, 'no variations'],
    ['no default rule', { variations }, 'no default rule'],
    [
      'values of several types',
      { variations: { A: 1, B: 'x' }, defaultRule: { variation: 'A' } },
      'not all booleans',
    ],
    ['a variation that is none', { variations, defaultRule: { variation: 'Z' } }, 'none of its variations'],
    ['a rule that serves nothing', { variations, defaultRule: {} }, 'serves nothing'],
    [
      'percentages of another sum',
      { variations, defaultRule: { percentage: { A: 91, B: 91 } } },
      'add up to 182',
    ],
    [
      'a bucketing key in an object',
      { ...plain, bucketingKey: 'a.b', defaultRule: { percentage: { A: 50, B: 50 } } },
      'below an attribute',
    ],
    ['texts in order', { ...plain, targeting: [{ query: 'x gt "a"', variation: 'B' }] }, 'orders texts'],
    [
      'what is refused there as well',
      { ...plain, targeting: [{ query: 'x co 5', variation: 'B' }] },
      'refuses as well',
    ],
    [
      'a rollout without dates',
      { ...plain, defaultRule: { progressiveRollout: { initial: { variation: 'A' } } } },
      'without a date',
    ],
    ['a flag that is not there', { ...plain, needs: [{ flag: 'gone' }] }, 'does not have'],
  ])('is left out with the reason: %s', (_, flag, says) => {
    const { flag: imported, report } = one(flag)
    expect(imported).toBeUndefined()
    expect(report[0]).toMatchObject({
      severity: 'HIGH',
      entity: 'flag f',
      message: expect.stringContaining(says),
    })
  })

  it('in no file at all is said', () => {
    expect(goffImport({}, request).report).toHaveLength(1)
    expect(goffImport({ f: 5 }, request).report[0]).toMatchObject({ severity: 'HIGH' })
  })
})
