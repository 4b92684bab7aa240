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
  await seedTargeting(stage)
  const search = { ...stage, feature: 'fast-search' }
  const haltedRun = await start(search)
  await provide(search, haltedRun, ['P-I1', 'P-I9', 'P-I10'])
  return { stage, run, haltedRun }
}

/** A segment, a persona, and in development a flag with two rules and a history. */
async function seedTargeting({ developer: { client } }: Stage): Promise<void> {
  const params = { project: 'shop' }
  const when = { attribute: 'plan', op: 'equals' as const, values: ['beta'] }
  const segment = { key: 'beta', name: 'Beta users', when, include: ['grace'], exclude: ['mallory'] }
  expectOk(await client.call('createSegment', { params, body: segment }))
  const context = { targetingKey: 'ada', plan: 'beta', country: 'FI' }
  const persona = { ...params, persona: 'beta-user' }
  expectOk(await client.call('savePersona', { params: persona, body: { name: 'Beta user', context } }))
  const where = { ...params, flag: 'fast-search', environment: 'development' }
  const ranges = [{ from: 0, to: 10_000, variant: 'on' }]
  const rules = [
    { id: 'rule_beta', name: 'Beta users', when: { segment: 'beta' }, serve: { variant: 'on' } },
    { id: 'rule_tenth', name: 'A tenth', when: { all: [] }, serve: { allocation: { ranges } } },
  ]
  const off = { enabled: true, offVariant: 'off', rules: [], fallthrough: { variant: 'off' } }
  expectOk(await client.call('configureFlag', { params: where, body: off, ifMatch: 1 }))
  expectOk(await client.call('configureFlag', { params: where, body: { ...off, rules }, ifMatch: 2 }))
}

/** What is settled beside the procedure: a channel, a connection, a hook, an automation, a system that sends. */
export async function seedSettings({ admin }: TestServer, url = 'https://programs.example'): Promise<void> {
  const params = { project: 'shop' }
  const subscribes = ['dev.flagmarshal.report.*']
  const settings = { url: `${url}/signals` }
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
  const channel = { key: 'ops', kind: 'webhook' as const, settings, secret, subscribes }
  expectOk(await admin.call('createChannel', { params, body: channel }))
  const programs = { prometheus: { url }, alertmanager: { url }, grafana: { url } }
  const connection = { key: 'metrics', kind: 'prometheus' as const, settings: programs }
  expectOk(await admin.call('createConnection', { params, body: connection }))
  const probe = { kind: 'http' as const, url: `${url}/version` }
  const target = { action: { kind: 'http' as const, url: `${url}/deploy` }, probe, budgetMs: 5_000 }
  const hook = { key: 'deploy', part: 'code' as const, title: 'Deploys a version', production: target }
  const body = { ...hook, staging: target, secret }
  expectOk(await admin.call('createHook', { params, body }))
  expectOk(await admin.call('createServiceToken', { params, body: { name: 'pipeline' } }))
  expectOk(await admin.call('createInboundSource', { params, body: { key: 'orchestrator' } }))
}
