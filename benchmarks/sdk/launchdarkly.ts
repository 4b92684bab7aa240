/** LaunchDarkly's server SDK from a file, events off, and its OpenFeature provider. */
import { init } from '@launchdarkly/node-server-sdk'
import { FileDataSourceFactory } from '@launchdarkly/node-server-sdk/integrations'
import { LaunchDarklyProvider } from '@launchdarkly/openfeature-node-server'

import type { Subject } from '../subject.ts'
import { RULES, VARIANTS } from '../workload.ts'
import type { BenchFlag, Spec, User } from '../workload.ts'
import { contextOf } from './context.ts'
import { callsThrough } from './open-feature.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }

function optionsFor(file: string) {
  const updateProcessor = new FileDataSourceFactory({ paths: [file] }).getFactory()
  return { updateProcessor, sendEvents: false, diagnosticOptOut: true, logger: silent }
}

/** `client.boolVariation(key, context, default)`. */
export const client: Subject = {
  note: 'FileDataSource, events off; boolVariation() gives a promise; W5 is allFlagsState()',
  translate,
  async load(_text, file) {
    const flags = init('bench', optionsFor(file))
    await flags.waitForInitialization({ timeout: 20 })
    return {
      w1: (user) => flags.boolVariation('w1', userOf(user), false),
      w1off: (user) => flags.boolVariation('w1off', userOf(user), false),
      w2: (user) => flags.boolVariation('w2', userOf(user), false),
      w3: (user) => flags.boolVariation('w3', userOf(user), false),
      w4: (user) => flags.jsonVariation('w4', userOf(user), null),
      w5: {
        call: (user) => flags.allFlagsState(userOf(user)),
        count: (all) => Object.keys((all as State).allValues()).length,
        get: (all, key) => (all as State).getFlagValue(key),
      },
      w7: (user) => flags.boolVariation('w7', userOf(user), false),
      close: () => flags.close(),
    }
  },
}

type State = Awaited<ReturnType<ReturnType<typeof init>['allFlagsState']>>

/** The provider. */
export const provider: Subject = {
  note: 'FileDataSource, events off',
  translate,
  load: async (_text, file) =>
    await callsThrough(new LaunchDarklyProvider('bench', optionsFor(file)), (user) => ({
      ...contextOf(user),
      kind: 'user',
    })),
}

function userOf(user: User) {
  return {
    kind: 'user',
    key: user.key,
    country: user.country,
    email: user.email,
    plan: user.plan,
    version: user.version,
  }
}

function translate(spec: Spec): object {
  const segment = (key: string, parts: object) => ({ key, version: 1, excluded: [], salt: key, ...parts })
  return {
    flags: Object.fromEntries(spec.flags.map((flag) => [flag.key, flagOf(flag)])),
    segments: {
      eu: segment('eu', { included: [], rules: [{ id: 'r', clauses: [clause('country', 'in', spec.eu)] }] }),
      big: segment('big', { included: spec.big, rules: [] }),
    },
  }
}

function clause(attribute: string, op: string, values: readonly string[], negate = false) {
  return { contextKind: 'user', attribute, op, values, negate }
}

function percentage(percent: number): object {
  const variations = [
    { variation: 0, weight: percent * 1_000 },
    { variation: 1, weight: (100 - percent) * 1_000 },
  ]
  return { rollout: { contextKind: 'user', variations } }
}

function flagOf(flag: BenchFlag): object {
  const base = {
    key: flag.key,
    version: 1,
    on: true,
    salt: `salt-${flag.key}`,
    variations: [true, false] as readonly unknown[],
    offVariation: 1,
    fallthrough: { variation: 1 } as object,
    rules: [] as readonly object[],
    targets: [],
    contextTargets: [],
    prerequisites: [],
  }
  switch (flag.kind) {
    case 'constant':
      return { ...base, fallthrough: { variation: flag.on ? 0 : 1 } }
    case 'percentage':
      return { ...base, fallthrough: percentage(flag.percent) }
    case 'members':
      return { ...base, rules: [{ id: 'r', clauses: [clause('', 'segmentMatch', ['big'])], variation: 0 }] }
    case 'variants': {
      const variations = VARIANTS.map((_, variation) => ({ variation, weight: 25_000 }))
      return { ...base, variations: VARIANTS, fallthrough: { rollout: { contextKind: 'user', variations } } }
    }
    case 'rules':
      return {
        ...base,
        rules: [
          { id: '1', clauses: [clause('country', 'in', RULES.countries)], variation: 0 },
          { id: '2', clauses: [clause('email', 'endsWith', RULES.emailEnds)], variation: 0 },
          { id: '3', clauses: [clause('version', 'semVerLessThan', [RULES.minVersion], true)], variation: 0 },
          { id: '4', clauses: [clause('plan', 'in', [RULES.plan])], variation: 0 },
          { id: '5', clauses: [clause('', 'segmentMatch', ['eu'])], ...percentage(RULES.percent) },
        ],
      }
  }
}
