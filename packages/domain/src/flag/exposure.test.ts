import { compile, evaluate } from '@flagmarshal/evaluation'
import type { Condition, Rule, Segment, Serve } from '@flagmarshal/evaluation'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { initialConfig } from './edit.ts'
import type { ServedConfig } from './edit.ts'
import { raisesExposure } from './exposure.ts'
import { membershipChange, ruleChange } from './membership.ts'
import type { Members } from './membership.ts'

const off = initialConfig('off')
const on: ServedConfig = { ...off, enabled: true, fallthrough: { variant: 'on' } }
const quiet: ServedConfig = { ...off, enabled: true }

const rule = (id: string, variant: string, when: Condition = { all: [] }): Rule => ({
  id,
  name: id,
  when,
  serve: { variant },
})
const share = (to: number, variant = 'on', salt = 'aaaaaaaaaaaaaaa'): Serve => ({
  allocation: {
    by: 'targetingKey',
    hash: 'murmur3',
    salt,
    ranges: to === 0 ? [] : [{ from: 0, to, variant }],
  },
})
const country = (...values: string[]): Condition => ({ attribute: 'country', op: 'in', values })
const tenth: Rule = { ...rule('tenth', 'on'), serve: share(10_000) }

describe('whether an edit exposes somebody', () => {
  it.each<[string, ServedConfig, ServedConfig, boolean]>([
    ['turning it on', off, on, true],
    ['turning it on for nobody', off, quiet, true],
    ['turning it off', on, off, false],
    ['nothing', on, on, false],
    ['a change while it is off', off, { ...off, rules: [rule('a', 'on')] }, false],
    ['another off variant', on, { ...on, offVariant: 'on' }, true],
    ['another off variant while it is off', off, { ...off, offVariant: 'on' }, true],
    [
      'one thing less asked of other flags',
      { ...on, prerequisites: [{ flag: 'p', variants: ['on'] }] },
      on,
      true,
    ],
    [
      'another variant asked of it, too',
      { ...on, prerequisites: [{ flag: 'p', variants: ['on'] }] },
      { ...on, prerequisites: [{ flag: 'p', variants: ['on', 'off'] }] },
      true,
    ],
    [
      'one thing more asked of other flags',
      on,
      { ...on, prerequisites: [{ flag: 'p', variants: ['on'] }] },
      false,
    ],
    ['a rule that serves on', quiet, { ...quiet, rules: [rule('a', 'on')] }, true],
    ['a rule that serves off', on, { ...on, rules: [rule('a', 'off', country('FI'))] }, false],
    ['serving everybody off', on, quiet, false],
    [
      'a larger share',
      { ...quiet, rules: [tenth] },
      { ...quiet, rules: [{ ...tenth, serve: share(20_000) }] },
      true,
    ],
    [
      'a smaller share',
      { ...quiet, rules: [tenth] },
      { ...quiet, rules: [{ ...tenth, serve: share(5_000) }] },
      false,
    ],
    ['no share', { ...quiet, rules: [tenth] }, { ...quiet, rules: [{ ...tenth, serve: share(0) }] }, false],
    [
      'the same share of others',
      { ...quiet, rules: [tenth] },
      { ...quiet, rules: [{ ...tenth, serve: share(10_000, 'on', 'bbbbbbbbbbbbbbb') }] },
      true,
    ],
    [
      'half of who has it',
      { ...quiet, rules: [rule('a', 'on')] },
      { ...quiet, rules: [{ ...rule('a', 'on'), serve: share(50_000) }] },
      false,
    ],
    ['taking away a rule that serves on', { ...quiet, rules: [rule('a', 'on')] }, quiet, false],
    ['taking away a rule that keeps some out', { ...on, rules: [rule('a', 'off', country('FI'))] }, on, true],
    [
      'taking away a rule above one that serves another variant',
      { ...quiet, rules: [rule('a', 'on'), rule('b', 'blue')] },
      { ...quiet, rules: [rule('b', 'blue')] },
      true,
    ],
    [
      'another condition',
      { ...quiet, rules: [rule('a', 'on', country('FI'))] },
      { ...quiet, rules: [rule('a', 'on', country('SE'))] },
      true,
    ],
    [
      'another order',
      { ...quiet, rules: [rule('a', 'off', country('FI')), rule('b', 'on')] },
      { ...quiet, rules: [rule('b', 'on'), rule('a', 'off', country('FI'))] },
      true,
    ],
    [
      'another name',
      { ...quiet, rules: [tenth] },
      { ...quiet, rules: [{ ...tenth, name: 'A tenth' }] },
      false,
    ],
  ])('%s', (_, current, next, raises) => {
    expect(raisesExposure(current, next)).toBe(raises)
  })

  const beta = { segment: 'beta' }
  const out: Condition = { not: beta }
  it.each<{
    readonly what: string
    readonly when?: Condition
    readonly variant?: string
    readonly change: readonly [before: Members, after: Members]
    readonly raises: boolean
  }>([
    { what: 'one more in a list', change: [{}, { include: ['a'] }], raises: true },
    { what: 'one less in a list', change: [{ include: ['a'] }, {}], raises: false },
    {
      what: 'one more left out',
      change: [{ include: ['a'] }, { include: ['a'], exclude: ['a'] }],
      raises: false,
    },
    { what: 'one not left out any more', change: [{ exclude: ['a'] }, {}], raises: true },
    { what: 'a condition where there was none', change: [{}, { when: { all: [] } }], raises: true },
    { what: 'no condition any more', change: [{ when: { all: [] } }, {}], raises: false },
    { what: 'one more in a list that keeps out', when: out, change: [{}, { include: ['a'] }], raises: false },
    { what: 'one less in a list that keeps out', when: out, change: [{ include: ['a'] }, {}], raises: true },
    {
      what: 'one more of those who get off',
      variant: 'off',
      change: [{}, { include: ['a'] }],
      raises: false,
    },
    {
      what: 'one more, through another segment',
      when: { segment: 'wide' },
      change: [{}, { include: ['a'] }],
      raises: true,
    },
    {
      what: 'one more of a segment that no rule names',
      when: country('FI'),
      change: [{}, { include: ['a'] }],
      raises: false,
    },
  ])('by a segment: $what', ({ when = beta, variant = 'on', change: [before, after], raises }) => {
    const conditions = new Map<string, Condition | null>([
      ['beta', null],
      ['wide', { any: [beta, country('FI')] }],
    ])
    const config: ServedConfig = { ...quiet, rules: [rule('a', variant, when)] }
    const change = membershipChange(before, after)
    expect(raisesExposure(config, config, (it) => ruleChange(it, 'beta', change, conditions))).toBe(raises)
  })
})

describe('compared with the engine', () => {
  const variants = { off: 'off', on: 'on', blue: 'blue' }
  const variant = fc.constantFrom('off', 'on', 'blue')
  const condition = fc.constantFrom<Condition>(
    { all: [] },
    { segment: 'beta' },
    { not: { segment: 'beta' } },
    { all: [{ segment: 'wide' }, country('FI')] },
    country('FI'),
    { not: country('FI') },
  )
  const cut = fc.constantFrom(0, 20_000, 50_000, 80_000, 100_000)
  const serve = fc.oneof(
    variant.map((it): Serve => ({ variant: it })),
    fc
      .record({ a: cut, b: cut, first: variant, second: variant, salt: fc.constantFrom('a', 'b') })
      .map(({ a, b, first, second, salt }): Serve => {
        const [to, end] = [Math.min(a, b), Math.max(a, b)]
        const ranges = [
          { from: 0, to, variant: first },
          { from: to, to: end, variant: second },
        ].filter((it) => it.from < it.to)
        return { allocation: { by: 'targetingKey', hash: 'murmur3', salt: salt.repeat(15), ranges } }
      }),
  )
  const someRule = fc
    .record({ id: fc.constantFrom('a', 'b', 'c'), when: condition, serve })
    .map((it): Rule => ({ ...it, name: it.id }))
  const asked = fc.subarray([
    { flag: 'p', variants: ['on'] },
    { flag: 'p', variants: ['on', 'off'] },
  ])
  const config = fc.record({
    enabled: fc.boolean(),
    prerequisites: asked,
    offVariant: fc.constant('off'),
    rules: fc.uniqueArray(someRule, { selector: (it) => it.id, maxLength: 3 }),
    fallthrough: serve,
  })
  /** A neighbour of a configuration: unrelated ones nearly always raise. */
  const edited = (current: ServedConfig): fc.Arbitrary<ServedConfig> =>
    fc.oneof(
      fc.constant(current),
      config,
      serve.map((it) => ({ ...current, fallthrough: it })),
      asked.map((it) => ({ ...current, prerequisites: it })),
      fc.constant({ ...current, rules: current.rules.toReversed() }),
      fc.nat(2).map((at) => ({ ...current, rules: current.rules.filter((_, index) => index !== at) })),
      fc.record({ at: fc.nat(3), it: someRule }).map(({ at, it }) => ({
        ...current,
        rules: current.rules.toSpliced(at, 0, { ...it, id: 'new' }),
      })),
      fc.record({ at: fc.nat(2), it: serve }).map(({ at, it }) => ({
        ...current,
        rules: current.rules.map((one, index) => (index === at ? { ...one, serve: it } : one)),
      })),
    )
  const keys = ['ann', 'bob', 'cleo', 'dan', 'eve', 'finn', 'gus', 'hal']
  const list = fc.subarray(keys.slice(0, 4))
  const members = fc.record(
    { when: condition.filter((it) => !JSON.stringify(it).includes('segment')), include: list, exclude: list },
    { requiredKeys: ['include', 'exclude'] },
  )
  const contexts = keys.flatMap((targetingKey) => [
    { targetingKey, country: 'FI' },
    { targetingKey, country: 'SE' },
  ])
  const wide: Segment = { key: 'wide', when: { any: [{ segment: 'beta' }, country('SE')] } }

  function served(it: ServedConfig, beta: Members): readonly string[] {
    const flag = { ...it, key: 'f', kind: 'release' as const, valueType: 'string' as const, variants }
    const segments = [{ key: 'beta', ...beta }, wide]
    const other = { ...flag, ...quiet, key: 'p', prerequisites: [], rules: [rule('fi', 'on', country('FI'))] }
    const compiled = compile({ revision: 1, environment: 'e', flags: [flag, other], segments } as never)
    return contexts.map((context) => {
      const answer = evaluate(compiled, 'f', 'string', context)
      if (!('variant' in answer)) throw new Error(answer.errorMessage)
      return answer.variant
    })
  }

  it('a change that is called none serves nobody a variant that they were not served', () => {
    let lowered = 0
    const change = config.chain((current) =>
      fc.record({ current: fc.constant(current), next: edited(current) }),
    )
    fc.assert(
      fc.property(change, members, members, ({ current, next }, before, after) => {
        const moved = membershipChange(before, after)
        const conditions = new Map<string, Condition | null>([
          ['beta', before.when ?? null],
          ['wide', wide.when ?? null],
        ])
        if (raisesExposure(current, next, (it) => ruleChange(it, 'beta', moved, conditions))) return
        const [was, is] = [served(current, before), served(next, after)]
        if (was.some((it, index) => it !== is[index])) lowered += 1
        for (const [index, it] of is.entries()) expect(['off', was[index]]).toContain(it)
      }),
      { seed: 20_260_131, numRuns: 3_000 },
    )
    expect(lowered, 'it saw changes that lower').toBeGreaterThan(100)
  }, 60_000)
})
