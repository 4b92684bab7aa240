/** Unleash's Node SDK from bootstrap data, without network or metrics. */
import { InMemStorageProvider, Unleash } from 'unleash-client'
import { Operator } from 'unleash-client/lib/strategy/strategy.js'

import type { Subject } from '../subject.ts'
import type { BenchFlag, User } from '../workload.ts'

/** `client.isEnabled(key, context)`. */
export const unleash: Subject = {
  note: 'bootstrap data, metrics off; isEnabled(); percentages are flexibleRollout',
  async load(flags) {
    const client = new Unleash({
      appName: 'bench',
      // Never reached: the flags come from the bootstrap, and refreshing is off.
      url: 'http://127.0.0.1:9/api/',
      bootstrap: { data: flags.map(translated) },
      refreshInterval: 0,
      disableMetrics: true,
      storageProvider: new InMemStorageProvider(),
      skipInstanceCountWarning: true,
    })
    client.on('error', () => {})
    client.on('warn', () => {})
    await new Promise<void>((resolve) => client.once('ready', () => resolve()))
    return {
      W1: (user) => client.isEnabled('w1', contextOf(user)),
      W2: (user) => client.isEnabled('w2', contextOf(user)),
      any: (key, user) => client.isEnabled(key, contextOf(user)),
      close: () => client.destroy(),
    }
  },
}

function contextOf(user: User) {
  return {
    userId: user.key,
    properties: { country: user.country, email: user.email, plan: user.plan, version: user.version },
  }
}

function translated(flag: BenchFlag) {
  return {
    name: flag.key,
    type: 'release',
    project: 'default',
    enabled: flag.kind !== 'constant' || flag.on,
    stale: false,
    impressionData: false,
    variants: [],
    strategies: [strategyOf(flag)],
  }
}

function strategyOf(flag: BenchFlag) {
  if (flag.kind === 'percentage') {
    const parameters = { rollout: String(flag.percent), stickiness: 'userId', groupId: flag.key }
    return { name: 'flexibleRollout', parameters, constraints: [], segments: [] }
  }
  const constraints =
    flag.kind === 'countries'
      ? [{ contextName: 'country', operator: Operator.IN, values: [...flag.countries], inverted: false }]
      : []
  return { name: 'default', parameters: {}, constraints, segments: [] }
}
