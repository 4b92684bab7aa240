/** Unleash's Node SDK from bootstrap data, without network or metrics. It has no OpenFeature provider for servers. */
import { InMemStorageProvider, Unleash } from 'unleash-client'

import type { Subject } from '../subject.ts'
import { RULES, VARIANTS } from '../workload.ts'
import type { BenchFlag, Spec, User } from '../workload.ts'

/** `client.isEnabled(key, context)`. */
export const unleash: Subject = {
  note: 'bootstrap data, metrics off; isEnabled(); W4 is the payload as JSON text; W5 is a loop',
  translate,
  async load(text) {
    const { features, segments } = JSON.parse(text)
    const client = new Unleash({
      appName: 'bench',
      // Never reached: the flags come from the bootstrap, and refreshing is off.
      url: 'http://127.0.0.1:9/api/',
      bootstrap: { data: features, segments },
      refreshInterval: 0,
      disableMetrics: true,
      storageProvider: new InMemStorageProvider(),
      skipInstanceCountWarning: true,
    })
    client.on('error', () => {})
    client.on('warn', () => {})
    await new Promise<void>((resolve) => client.once('ready', () => resolve()))
    const all = client
      .getFeatureToggleDefinitions()
      .map(({ name, variants = [] }) => [name, variants.length > 0] as const)
    return {
      w1: (user) => client.isEnabled('w1', contextOf(user)),
      w1off: (user) => client.isEnabled('w1off', contextOf(user)),
      w2: (user) => client.isEnabled('w2', contextOf(user)),
      w3: (user) => client.isEnabled('w3', contextOf(user)),
      w4: (user) => client.getVariant('w4', contextOf(user)).payload?.value,
      w5: {
        call: (user) => {
          const context = contextOf(user)
          return new Map(
            all.map(([name, isVariant]) => [
              name,
              isVariant ? client.getVariant(name, context) : client.isEnabled(name, context),
            ]),
          )
        },
        count: (map) => (map as Map<string, unknown>).size,
        get: (map, key) => (map as Map<string, unknown>).get(key),
      },
      w7: (user) => client.isEnabled('w7', contextOf(user)),
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

function translate(spec: Spec): object {
  const segment = (id: number, contextName: string, values: readonly string[]) => ({
    id,
    name: String(id),
    constraints: [constraint(contextName, 'IN', values)],
  })
  const segments = [segment(1, 'country', spec.eu), segment(2, 'userId', spec.big)]
  return { version: 2, features: spec.flags.map(featureOf), segments }
}

function constraint(
  contextName: string,
  operator: string,
  values: readonly string[],
  value?: string,
): object {
  return { contextName, operator, values, inverted: false, ...(value === undefined ? {} : { value }) }
}

function featureOf(flag: BenchFlag): object {
  return {
    name: flag.key,
    type: 'release',
    project: 'default',
    enabled: flag.kind !== 'constant' || flag.on,
    stale: false,
    impressionData: false,
    variants:
      flag.kind === 'variants'
        ? VARIANTS.map((it) => ({
            name: it.id,
            weight: 250,
            weightType: 'variable',
            stickiness: 'userId',
            payload: { type: 'json', value: JSON.stringify(it) },
          }))
        : [],
    strategies: strategiesOf(flag),
  }
}

function always(constraints: readonly object[], segments: readonly number[] = []): object {
  return { name: 'default', parameters: {}, constraints, segments }
}

function flexible(flag: string, percent: number, segments: readonly number[] = []): object {
  const parameters = { rollout: String(percent), stickiness: 'userId', groupId: flag }
  return { name: 'flexibleRollout', parameters, constraints: [], segments }
}

function strategiesOf(flag: BenchFlag): readonly object[] {
  switch (flag.kind) {
    case 'constant':
    case 'variants':
      return [always([])]
    case 'percentage':
      return [flexible(flag.key, flag.percent)]
    case 'members':
      return [always([], [2])]
    case 'rules':
      return [
        always([constraint('country', 'IN', RULES.countries)]),
        always([constraint('email', 'STR_ENDS_WITH', RULES.emailEnds)]),
        always([constraint('version', 'SEMVER_GTE', [], RULES.minVersion)]),
        always([constraint('plan', 'IN', [RULES.plan])]),
        flexible(flag.key, RULES.percent, [1]),
      ]
  }
}
