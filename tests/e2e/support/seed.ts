/**
 * What browser tests find: a project `shop` with features at different places of the procedure, made
 * through the API in about a second. Add to it what a page needs; nothing here is only for one test.
 */
import { openRun, provide, setStage, start } from '../../../packages/server/test/support/procedure.ts'
import type { Stage } from '../../../packages/server/test/support/procedure.ts'
import { expectOk } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'

export interface Seed {
  /** The people and the first feature, `new-checkout`, whose run is at step 1. */
  readonly stage: Stage
  readonly run: string
  /** The run of `fast-search`, which is halted: inputs are missing. */
  readonly haltedRun: string
}

/** Makes it. */
export async function seedShop(server: TestServer): Promise<Seed> {
  const stage = await setStage(server, 'shop')
  const run = await openRun(stage)
  const { client } = stage.developer
  const params = { project: 'shop' }
  const features = [
    { key: 'fast-search', name: 'Fast search', team: 'discovery' },
    { key: 'gift-cards', name: 'Gift cards', team: 'payments' },
  ]
  for (const { key, name, team } of features) {
    const flag = {
      key,
      name,
      kind: 'release' as const,
      valueType: 'boolean' as const,
      variants: { on: true, off: false },
      offVariant: 'off',
      layers: ['backend' as const],
      owner: team,
    }
    expectOk(await client.call('createFlag', { params, body: flag }))
    const body = {
      key,
      name,
      team,
      ticket: { key: `SHOP-${key.length}`, url: `https://tickets.example/SHOP-${key.length}` },
      roles: {
        technicalLead: [stage.technicalLead.id],
        operationsLead: [stage.operationsLead.id],
        productOwner: [stage.productOwner.id],
      },
      flag: key,
      layers: ['backend' as const],
    }
    expectOk(await client.call('createFeature', { params, body }))
  }
  const search = { ...stage, feature: 'fast-search' }
  const haltedRun = await start(search)
  await provide(search, haltedRun, ['P-I1', 'P-I9', 'P-I10'])
  return { stage, run, haltedRun }
}
