/** The calls through the OpenFeature SDK, alike for every provider. It has none for all flags at once. */
import { OpenFeature } from '@openfeature/server-sdk'
import type { EvaluationContext, Provider } from '@openfeature/server-sdk'

import type { Calls } from '../subject.ts'
import type { User } from '../workload.ts'
import { contextOf } from './context.ts'

/** Waits for the provider; `contextFrom` where it wants more than the attributes. */
export async function callsThrough(
  provider: Provider,
  contextFrom: (user: User) => EvaluationContext = contextOf,
): Promise<Calls> {
  await OpenFeature.setProviderAndWait(provider)
  const client = OpenFeature.getClient()
  return {
    w1: (user) => client.getBooleanValue('w1', false, contextFrom(user)),
    w1off: (user) => client.getBooleanValue('w1off', false, contextFrom(user)),
    w2: (user) => client.getBooleanValue('w2', false, contextFrom(user)),
    w3: (user) => client.getBooleanValue('w3', false, contextFrom(user)),
    w4: (user) => client.getObjectValue('w4', {}, contextFrom(user)),
    w7: (user) => client.getBooleanValue('w7', false, contextFrom(user)),
    close: () => OpenFeature.close(),
  }
}
