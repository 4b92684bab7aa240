/** One file of each vendor with many kinds of rules, for what compares their engines with ours. */
import type { JsonObject } from '@flagmarshal/evaluation'

import { choices, randomUnleash } from './random-unleash.ts'

const parts = {
  fractional: [{ cat: [{ var: '$flagd.flagKey' }, { var: 'email' }] }, ['blue', 30], ['red', 70]],
}

/** Targeting of every kind: comparisons, versions, lists, paths, references, shares. */
export const FLAGD: JsonObject = {
  $evaluators: { staff: { ends_with: [{ var: 'email' }, '@shop.example'] } },
  flags: Object.fromEntries(
    Object.entries({
      plain: {},
      pro: { if: [{ '===': [{ var: ['plan'] }, 'pro'] }, 'blue'] },
      staff: { if: [{ $ref: 'staff' }, 'blue', { in: [{ var: 'plan' }, ['pro', 'team']] }, 'red'] },
      newer: { if: [{ sem_ver: [{ var: 'version' }, '>=', '1.2.0'] }, 'blue', 'red'] },
      grown: { if: [{ '>=': [{ var: 'age' }, 18] }, 'blue', 'red'] },
      deep: { if: [{ '===': [{ var: 'user.plan' }, 'pro'] }, 'blue', 'red'] },
      loose: { if: [{ '==': [{ var: 'age' }, '5'] }, 'blue', 'red'] },
      split: {
        fractional: [
          ['blue', 25],
          ['red', 75],
        ],
      },
      own: parts,
      both: {
        if: [{ and: [{ starts_with: [{ var: 'email' }, 'a'] }, { '!': [{ var: 'beta' }] }] }, parts, 'red'],
      },
    }).map(([key, targeting]) => [
      key,
      {
        state: key === 'plain' ? 'DISABLED' : 'ENABLED',
        variants: { red: '#f00', blue: '#00f' },
        defaultVariant: 'red',
        targeting,
      },
    ]),
  ),
}

/** Force rules, experiments, namespaces, groups, prerequisites, and conditions that only GrowthBook has. */
export const GROWTHBOOK: JsonObject = {
  savedGroups: { staff: ['ada', 'bob'] },
  features: {
    plain: { defaultValue: 'a text' },
    country: { defaultValue: false, rules: [{ condition: { country: { $in: ['DE', 'AT'] } }, force: true }] },
    grown: { defaultValue: 1, rules: [{ condition: { age: { $gte: 18, $lt: 65 } }, force: 2.5 }] },
    version: { defaultValue: false, rules: [{ condition: { version: { $vgte: '2.0.0' } }, force: true }] },
    pattern: {
      defaultValue: false,
      rules: [{ condition: { agent: { $regex: 'Mobile|^Chrome' } }, force: true }],
    },
    staff: { defaultValue: false, rules: [{ condition: { id: { $inGroup: 'staff' } }, force: true }] },
    tags: { defaultValue: false, rules: [{ condition: { tags: { $all: ['a', 'b'] } }, force: true }] },
    deep: { defaultValue: false, rules: [{ condition: { 'user.plan': 'pro' }, force: true }] },
    share: { defaultValue: false, rules: [{ force: true, coverage: 0.3, hashVersion: 2 }] },
    experiment: {
      defaultValue: 'red',
      rules: [
        {
          condition: { $or: [{ premium: true }, { country: { $ne: 'US' } }] },
          key: 'exp',
          variations: ['red', 'blue', 'green'],
          weights: [0.2, 0.3, 0.5],
          namespace: ['ns', 0.1, 0.9],
          hashAttribute: 'company',
        },
      ],
    },
    child: {
      defaultValue: { a: 0 },
      rules: [
        { parentConditions: [{ id: 'share', condition: { value: true }, gate: true }] },
        { condition: { premium: { $exists: true } }, force: { a: 1 } },
      ],
    },
  },
}

const clause = (
  attribute: string,
  op: string,
  values: readonly (string | number | boolean)[],
  more = {},
) => ({
  attribute,
  op,
  values,
  ...more,
})
const rollout = (weights: readonly number[], more = {}) => ({
  variations: weights.map((weight, variation) => ({ weight, variation })),
  ...more,
})
const flag = (key: string, more: JsonObject): JsonObject & { readonly key: string } => ({
  key,
  on: true,
  salt: `salt of ${key}`,
  variations: ['red', 'blue'],
  offVariation: 0,
  fallthrough: { variation: 0 },
  version: 1,
  ...more,
})
const ruled = (...clauses: JsonObject[]): JsonObject => ({ rules: [{ id: 'r', clauses, variation: 1 }] })

const LAUNCHDARKLY_FLAGS = [
  flag('off', { on: false }),
  flag('nothing', { on: false, offVariation: null }),
  flag('targets', { targets: [{ values: ['ada', 'bob'], variation: 1 }] }),
  flag('orgs', { contextTargets: [{ contextKind: 'org', values: ['acme'], variation: 1 }] }),
  flag('country', ruled(clause('country', 'in', ['fi', 'se']))),
  flag('not', ruled(clause('country', 'in', ['fi'], { negate: true }))),
  flag('ends', ruled(clause('email', 'endsWith', ['@shop.example']))),
  flag('grown', ruled(clause('age', 'greaterThanOrEqual', [18]))),
  flag('since', ruled(clause('since', 'before', ['2020-01-01T00:00:00Z']))),
  flag('version', ruled(clause('version', 'semVerLessThan', ['2.0.0']))),
  flag('deep', ruled(clause('/address/street', 'in', ['Mannerheimintie'], { contextKind: 'user' }))),
  flag(
    'kinds',
    ruled(clause('tier', 'in', ['gold'], { contextKind: 'org' }), clause('age', 'lessThan', [40])),
  ),
  flag('segment', ruled(clause('', 'segmentMatch', ['staff']))),
  flag('share', { fallthrough: { rollout: rollout([30_000, 70_000]) } }),
  flag('seeded', { fallthrough: { rollout: rollout([10_000, 90_000], { kind: 'experiment', seed: 61 }) } }),
  flag('by', { fallthrough: { rollout: rollout([50_000, 50_000], { bucketBy: 'country' }) } }),
  flag('child', { prerequisites: [{ key: 'share', variation: 1 }], fallthrough: { variation: 1 } }),
]

/** Targets, clauses, kinds of contexts, a segment, rollouts, a prerequisite. */
export const LAUNCHDARKLY: JsonObject = {
  flags: Object.fromEntries(LAUNCHDARKLY_FLAGS.map((it) => [it.key, it])),
  segments: {
    staff: {
      key: 'staff',
      included: ['ada'],
      excluded: ['bob'],
      rules: [{ clauses: [clause('email', 'contains', ['@shop'])], weight: 60_000 }],
      salt: 's',
      version: 1,
    },
  },
}

/** Every operator, strategy and way to split, from a seed. */
export const UNLEASH: JsonObject = JSON.parse(JSON.stringify(randomUnleash(choices(4_711), 40)))
