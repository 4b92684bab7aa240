/**
 * What a project has before its first feature: environments, a key for its servers, and the flag of
 * each feature, off everywhere.
 */
import type { Client } from '@flagmarshal/api'

import type { Cast } from './cast.ts'
import { must } from './failure.ts'
import type { Feature } from './features.ts'

/** Not `shop`, which is what people call a project of their own. */
export const PROJECT = 'kitchen-drawer'
export const ENVIRONMENT = 'production'

/** Makes the project with its two environments, and answers a server key for each. */
export async function createProject(administrator: Client): Promise<{ staging: string; production: string }> {
  const environments = [
    { key: 'staging', name: 'Staging', protected: false },
    { key: ENVIRONMENT, name: 'Production', protected: true },
  ]
  must(
    'Creating the project',
    await administrator.call('createProject', {
      body: { key: PROJECT, name: 'The Kitchen Drawer', environments },
    }),
  )
  const keyOf = async (environment: string): Promise<string> => {
    const answer = await administrator.call('createKey', {
      params: { project: PROJECT },
      body: { kind: 'server', environment, name: 'shop servers' },
    })
    return must('A key for the shop', answer).key
  }
  return { staging: await keyOf('staging'), production: await keyOf(ENVIRONMENT) }
}

/** Creates a feature's flag; the developer does. */
export async function createFlag(cast: Cast, feature: Feature): Promise<void> {
  const answer = await cast.developer.client.call('createFlag', {
    params: { project: PROJECT },
    body: {
      key: feature.key,
      name: feature.name,
      kind: 'release',
      valueType: 'boolean',
      variants: { on: true, off: false },
      offVariant: 'off',
      layers: [...feature.layers],
      owner: cast.developer.id,
    },
  })
  must(`Creating the flag ${feature.key}`, answer)
}

/** How many instances of the shop are connected. */
export async function connectedInstances(cast: Cast): Promise<number> {
  const answer = await cast.operationsLead.client.call('listInstances', {
    params: { project: PROJECT, environment: ENVIRONMENT },
  })
  return must('Listing the instances', answer).items.filter((it) => it.state === 'connected').length
}
