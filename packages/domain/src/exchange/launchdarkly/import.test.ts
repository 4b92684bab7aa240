/** What LaunchDarkly's files become. That they evaluate as there is tested in `tests/conformance/launchdarkly`. */
import type { JsonObject, JsonValue } from '@flagmarshal/evaluation'
import { describe, expect, test } from 'vitest'

import { launchDarklyImport } from './import.ts'

const request = { engines: {}, environment: '*', now: new Date(0) }

const flag: JsonObject = {
  key: 'checkout',
  on: true,
  variations: [true, false],
  offVariation: 1,
  fallthrough: { variation: 0 },
  salt: 'pepper',
  rules: [{ id: 'r', clauses: [{ attribute: 'country', op: 'in', values: ['FI'] }], variation: 1 }],
}
const { variations: _, ...configuration } = flag

/** The same flag as the REST API answers it. */
function rest(environments: JsonObject, more: JsonObject = {}): JsonObject {
  const variations = [
    { _id: 'a', value: true, name: 'New checkout' },
    { _id: 'b', value: false, name: 'New checkout' },
  ]
  return { key: 'checkout', name: 'The checkout', kind: 'boolean', variations, environments, ...more }
}

function imported(file: JsonObject, environment = '*') {
  const { flags, segments = [], report } = launchDarklyImport(file, { ...request, environment })
  const lines = report.filter(({ entity }) => entity !== 'file' || flags.length === 0)
  return { flags, segments, lines: lines.map((it) => `${it.severity} ${it.entity}: ${it.message}`) }
}

function one(more: JsonObject, segments: JsonValue = {}) {
  return imported({ flags: { checkout: { ...flag, ...more } }, segments })
}

describe('the files that LaunchDarkly’s users have', () => {
  test.each<[string, JsonObject]>([
    ['what an SDK polls, and a file of its file data source', { flags: { checkout: flag }, segments: {} }],
    ['what an SDK streams', { path: '/', data: { flags: { checkout: flag }, segments: {} } }],
    ['an answer of the REST API', { items: [rest({ production: configuration })] }],
    ['one flag of the REST API', rest({ production: configuration })],
    ['several answers', { flags: [{ items: [] }, { items: [rest({ production: configuration })] }] }],
  ])('%s', (_name, file) => {
    const { flags, lines } = imported(file)
    expect(lines).toEqual([])
    expect(flags).toMatchObject([
      {
        key: 'checkout',
        enabled: true,
        rules: [{ when: { attribute: 'country', contextKind: 'user', op: 'in', values: ['FI'] } }],
      },
    ])
  })

  test('values alone, as a file data source takes them', () => {
    const { flags } = imported({ flagValues: { banner: 'hello' } })
    expect(flags).toMatchObject([
      {
        key: 'banner',
        variants: { 'variation-0': 'hello', 'caller-default': null },
        offVariant: 'caller-default',
      },
    ])
  })

  test('of several environments one is meant, and named', () => {
    const off = { ...configuration, on: false }
    const file = { items: [rest({ production: configuration, test: off })] }
    expect(imported(file, 'test').flags).toMatchObject([{ enabled: false }])
    expect(imported(file, '*').lines[0]).toMatch(
      /^HIGH flag checkout: .*several environments \(production, test\)/,
    )
    expect(imported(file, 'nowhere').lines[0]).toMatch(/^HIGH flag checkout: .*no environment nowhere/)
  })

  test('a summary has no rules, and is refused with what to ask instead', () => {
    const file = { items: [rest({ production: { on: true, _summary: {} } })] }
    expect(imported(file).lines).toEqual([
      'HIGH flag checkout: It is left out: the file has no configuration of it: ask the REST API with summary=0.',
    ])
  })

  test.each<[JsonValue]>([
    [{}],
    [{ flags: 7 }],
    [{ flags: { a: null, b: 7, c: { on: true } } }],
    [{ flags: { a: { key: 'a', variations: {}, rules: 'x' } } }],
    [{ flags: { a: { ...flag, rules: [{ clauses: [{ attribute: 'x', values: [] }], variation: 0 }] } } }],
    [{ flags: { a: { ...flag, targets: 7 } }, segments: { s: { rules: [{ clauses: 7 }] } } }],
  ])('%j imports nothing, and throws nothing', (file) => {
    const { flags, lines } = imported(file as JsonObject)
    expect(flags).toEqual([])
    expect(lines.join() === '' || lines.some((it) => it.startsWith('HIGH '))).toBe(true)
  })
})

describe('what is carried over', () => {
  test('names, descriptions and who maintains it; names that come twice are numbers', () => {
    const more = { description: 'Pays.', _maintainer: { email: 'ada@shop.example' }, tags: ['a'] }
    const { flags, lines } = imported({ items: [rest({ production: configuration }, more)] })
    expect(flags).toMatchObject([
      {
        name: 'The checkout',
        description: 'Pays.',
        owner: 'ada@shop.example',
        variants: { 'variation-0': true, 'variation-1': false },
      },
    ])
    expect(lines).toEqual(['LOW flag checkout: What is not kept: its tags.'])
  })

  test('buckets: the salt of the flag, or the seed, the attribute and the kind of context', () => {
    const variations = [
      { variation: 0, weight: 30_000 },
      { variation: 1, weight: 60_000, untracked: true },
    ]
    const by = (rollout: JsonObject) =>
      one({ fallthrough: { rollout: { variations, ...rollout } } }).flags[0]?.fallthrough
    expect(by({ bucketBy: '/address/zip', contextKind: 'org' })).toEqual({
      allocation: {
        by: '/address/zip',
        contextKind: 'org',
        salt: 'checkout.pepper',
        hash: 'launchdarkly',
        ranges: [
          { from: 0, to: 30_000, variant: 'true' },
          { from: 30_000, to: 100_000, variant: 'false' },
        ],
      },
    })
    expect(by({ kind: 'experiment', seed: 61, bucketBy: 'country' })).toMatchObject({
      allocation: { by: 'key', contextKind: 'user', salt: '61' },
    })
  })

  test('segments, before those that ask for them, and flags after their prerequisites', () => {
    const asks = (key: string) => ({ clauses: [{ attribute: '', op: 'segmentMatch', values: [key] }] })
    const segments = {
      outer: { key: 'outer', rules: [asks('inner')] },
      inner: { key: 'inner', included: ['ada'], excluded: ['bob'], rules: [{ clauses: [] }] },
    }
    const needs = { ...flag, key: 'needs', prerequisites: [{ key: 'checkout', variation: 0 }] }
    const it = imported({ flags: { needs, checkout: flag }, segments })
    expect(it.lines).toEqual([])
    expect(it.segments.map(({ key }) => key)).toEqual(['inner', 'outer'])
    expect(it.segments[0]?.when).toEqual({
      any: [
        { attribute: 'key', contextKind: 'user', op: 'in', values: ['ada'] },
        {
          all: [
            { not: { attribute: 'key', contextKind: 'user', op: 'in', values: ['bob'] } },
            { any: [{ all: [] }] },
          ],
        },
      ],
    })
    expect(it.flags.map(({ key }) => key)).toEqual(['checkout', 'needs'])
    expect(it.flags[1]?.prerequisites).toEqual([{ flag: 'checkout', variants: ['true'], enabled: true }])
  })
})

describe('what is not carried over is said', () => {
  const clause = (more: JsonObject) =>
    one({ rules: [{ clauses: [{ attribute: 'x', op: 'in', values: ['a'], ...more }], variation: 0 }] })

  test.each<[string, () => ReturnType<typeof imported>, RegExp]>([
    ['lists and null', () => one({ variations: [[1], null] }), /not all booleans, texts, numbers or objects/],
    ['variations of several types', () => one({ variations: [true, 'x'] }), /not all booleans/],
    ['no variations', () => one({ variations: [] }), /no variations/],
    [
      'big segments',
      () => imported({ flags: {}, segments: { s: { key: 's', unbounded: true } } }),
      /big segments/,
    ],
    [
      'a share of keys without the salt, which the REST API does not give',
      () => imported({ items: [], segments: { items: [{ key: 's', rules: [{ clauses: [], weight: 7 }] }] } }),
      /no salt of it: import what LaunchDarkly’s SDKs download instead/,
    ],
    [
      'patterns that need backtracking',
      () => clause({ op: 'matches', values: ['(?=a)b'] }),
      /cannot be matched here/,
    ],
    [
      'patterns that mean something else',
      () => clause({ op: 'matches', values: ['\\Aa'] }),
      /one thing in JavaScript/,
    ],
    ['times between milliseconds', () => clause({ op: 'before', values: [0.5] }), /no date in milliseconds/],
    [
      'weights that are none',
      () => one({ fallthrough: { rollout: { variations: [{ variation: 0, weight: 0.5 }] } } }),
      /no whole number/,
    ],
    [
      'an experiment that buckets, or not',
      () =>
        one({
          fallthrough: {
            rollout: { experimentAllocation: {}, bucketBy: 'x', variations: [{ variation: 0, weight: 7 }] },
          },
        }),
      /does not say whether/,
    ],
  ])('left out: %s', (_name, run, why) => {
    const { flags, lines } = run()
    expect(flags).toEqual([])
    const high = lines.filter((it) => it.startsWith('HIGH '))
    expect(high).toHaveLength(1)
    expect(high[0]).toMatch(why)
  })

  test('a flag is left out with the segment and the flag that it asks for', () => {
    const asks = { clauses: [{ attribute: '', op: 'segmentMatch', values: ['big'] }], variation: 0 }
    const it = imported({
      flags: {
        needs: { ...flag, key: 'needs', prerequisites: [{ key: 'checkout', variation: 0 }] },
        checkout: { ...flag, rules: [asks] },
        free: { ...flag, key: 'free' },
      },
      segments: { big: { key: 'big', unbounded: true } },
    })
    expect(it.flags.map(({ key }) => key)).toEqual(['free'])
    expect(new Set(it.lines.map((line) => line.split(':')[0]))).toEqual(
      new Set(['HIGH flag checkout', 'HIGH flag needs', 'HIGH segment big']),
    )
  })

  test('what is the same in all but named cases is MEDIUM, what is not kept LOW', () => {
    expect(clause({ op: 'isBetterThan' }).lines[0]).toMatch(/^MEDIUM .*"isBetterThan"/)
    expect(clause({ op: 'matches', values: ['a.c'] }).lines[0]).toMatch(/^MEDIUM .*line ends/)
    expect(clause({ op: 'startsWith', values: ['a', 7] }).lines[0]).toMatch(/^LOW .*cannot compare/)
    expect(one({ trackEvents: true, migration: { checkRatio: 1 } }).lines).toEqual([
      'LOW flag checkout: What is not kept: that its evaluations are sent as events, that it is a migration flag.',
    ])
    expect(one({ deleted: true }).lines).toEqual(['LOW flag checkout: It is archived or deleted.'])
    const variations = [{ variation: 0, weight: 100_000 }]
    expect(one({ fallthrough: { rollout: { kind: 'experiment', variations } } }).lines[0]).toMatch(
      /^MEDIUM .*untracked/,
    )
  })

  test('that contexts without a key are evaluated here by flags that need none', () => {
    const { report } = launchDarklyImport({ flags: { checkout: flag } }, request)
    expect(report).toMatchObject([{ severity: 'MEDIUM', entity: 'file' }])
  })
})
