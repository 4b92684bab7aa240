/** LaunchDarkly's server SDK from a file, events off. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { init } from '@launchdarkly/node-server-sdk'
import { FileDataSourceFactory } from '@launchdarkly/node-server-sdk/integrations'

import type { Subject } from '../subject.ts'
import type { BenchFlag, User } from '../workload.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }

/** `client.boolVariation(key, context, default)`. */
export const launchdarkly: Subject = {
  note: 'FileDataSource, events off; boolVariation() gives a promise',
  async load(flags) {
    const folder = await mkdtemp(join(tmpdir(), 'flagmarshal-bench-'))
    const file = join(folder, 'flags.json')
    await writeFile(
      file,
      JSON.stringify({ flags: Object.fromEntries(flags.map((flag) => [flag.key, translated(flag)])) }),
    )
    const client = init('bench', {
      updateProcessor: new FileDataSourceFactory({ paths: [file] }).getFactory(),
      sendEvents: false,
      diagnosticOptOut: true,
      logger: silent,
    })
    await client.waitForInitialization({ timeout: 20 })
    await rm(folder, { recursive: true })
    return {
      W1: (user) => client.boolVariation('w1', contextOf(user), false),
      W2: (user) => client.boolVariation('w2', contextOf(user), false),
      any: (key, user) => client.boolVariation(key, contextOf(user), false),
      close: () => client.close(),
    }
  },
}

function contextOf(user: User) {
  return {
    kind: 'user',
    key: user.key,
    country: user.country,
    email: user.email,
    plan: user.plan,
    version: user.version,
  }
}

function translated(flag: BenchFlag): object {
  const base = {
    key: flag.key,
    version: 1,
    on: true,
    salt: `salt-${flag.key}`,
    variations: [true, false],
    offVariation: 1,
    fallthrough: { variation: 1 },
    rules: [],
    targets: [],
    contextTargets: [],
    prerequisites: [],
  }
  switch (flag.kind) {
    case 'constant':
      return { ...base, fallthrough: { variation: flag.on ? 0 : 1 } }
    case 'percentage': {
      const variations = [
        { variation: 0, weight: flag.percent * 1_000 },
        { variation: 1, weight: (100 - flag.percent) * 1_000 },
      ]
      return { ...base, fallthrough: { rollout: { contextKind: 'user', variations } } }
    }
    case 'countries': {
      const clause = {
        contextKind: 'user',
        attribute: 'country',
        op: 'in',
        values: flag.countries,
        negate: false,
      }
      return { ...base, rules: [{ id: 'countries', clauses: [clause], variation: 0 }] }
    }
  }
}
