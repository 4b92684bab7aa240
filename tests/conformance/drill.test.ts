/**
 * Drills and the monitoring of a flag with real SDKs on real connections, through the API.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { FlagConfigChange } from '@flagmarshal/api/flag'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { openRun, setStage } from '../../packages/server/test/support/procedure.ts'
import type { Stage } from '../../packages/server/test/support/procedure.ts'
import type { Application } from '../support/application.ts'
import { expectOk, expectProblem, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'
import { atStep, connectTo } from '../support/stage-application.ts'

const FLAG = 'new-checkout'

let server: TestServer
const open: Application[] = []
let projects = 0

beforeAll(async () => {
  server = await startServer({ settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1' } })
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((it) => it[Symbol.asyncDispose]()))
})
afterAll(async () => {
  await server.close()
})

describe('a fire drill', () => {
  it('P-S4-6 fires the rule, arrives at our own receiver, times each hop, and stays out of real metrics', async () => {
    const stage = await newStage()
    const run = await atStep(stage, 3)
    const found = await drill(stage, run, 'alert')

    expect(found).toMatchObject({ state: 'done', verdict: 'passed', findings: [], current: true })
    expect(found.alert?.rule).toBe('errors')
    expect(found.alert?.numbers.share).toBeGreaterThan(found.alert?.numbers.threshold ?? 1)
    const hops = found.alert?.hops.map((it) => it.afterMs) ?? []
    expect(hops).toHaveLength(3)
    expect(hops).toEqual(hops.toSorted((a, b) => (a ?? 0) - (b ?? 0)))

    const params = { project: stage.project }
    const { items } = expectOk(await server.admin.call('listSignals', { params, query: {} }))
    const firing = items.find((it) => it.type === 'dev.flagmarshal.alert.firing')
    expect(firing?.data).toMatchObject({ drill: found.id, nonce: found.alert?.nonce })
    const real = await monitoring(stage, 'production')
    expect(real).toMatchObject({ alerts: [], usage: { variants: [] } })
    const evidence = { project: stage.project, hash: found.evidence ?? '' }
    expect(expectOk(await stage.developer.client.call('showEvidence', { params: evidence })).step).toBe(4)
  })

  it('P-S4-6 arrives at every channel that takes alerts, with its nonce', async () => {
    const stage = await newStage()
    const run = await atStep(stage, 3)
    await using receiver = await startReceiver()
    expectOk(
      await server.admin.call('createChannel', {
        params: { project: stage.project },
        body: {
          key: 'on-call',
          kind: 'webhook',
          settings: { url: receiver.url },
          secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
          subscribes: ['dev.flagmarshal.alert.*'],
        },
      }),
    )
    const found = await drill(stage, run, 'alert')
    expect(found.alert?.channels).toEqual([
      { channel: 'on-call', state: 'delivered', afterMs: expect.any(Number) },
    ])
    expect(receiver.bodies.some((it) => it.includes(found.alert?.nonce ?? 'nothing'))).toBe(true)
  })

  it('needs a plan whose threshold can be crossed', async () => {
    const stage = await newStage()
    const run = await openRun(stage)
    const params = { project: stage.project, run }
    const answer = await stage.developer.client.call('startDrill', { params, body: { kind: 'alert' } })
    expect(expectProblem(answer).code).toBe('no-threshold')
  })
})

describe('a rollback drill', () => {
  it('P-S5-6 P-S5-2 enables and quickly disables outside production, confirmed by real instances', async () => {
    const stage = await newStage()
    const run = await atStep(stage, 4)
    const two = [
      await connect(stage, { environment: 'staging' }),
      await connect(stage, { environment: 'staging' }),
    ]
    const production = await connect(stage, { environment: 'production' })
    const found = await drill(stage, run, 'rollback')

    expect(found).toMatchObject({ state: 'done', verdict: 'passed', findings: [], current: true })
    expect(found.rollback?.environment).toBe('staging')
    expect(found.rollback?.recovery).toMatchObject({ servedOn: true, servedOff: true })
    expect(found.rollback?.recovery.on?.n).toBeGreaterThan(0)
    expect(found.rollback?.recovery.off?.n).toBeGreaterThan(0)
    expect(found.rollback?.synthetic).toEqual({ users: 100, exposed: 0 })
    expect(found.certificate).toMatchObject({ hash: found.evidence, valid: true })
    expect(found.rollback?.toggles.map((it) => it.what)).toEqual(['enable', 'disable', 'restore'])
    for (const toggle of found.rollback?.toggles ?? []) {
      expect(toggle.instances.map((it) => it.instanceId).toSorted()).toEqual(
        two.map((it) => it.connection.instanceId).toSorted(),
      )
      expect(toggle.instances.every((it) => it.confirmedAfterMs !== null)).toBe(true)
    }
    expect(production.served).toEqual(new Set([false]))
    const params = { project: stage.project, flag: FLAG, environment: 'staging' }
    const config = expectOk(await stage.developer.client.call('getFlagConfig', { params }))
    expect(config).toMatchObject({ enabled: false, rules: [] })
    const kill = { ...params, kill: found.rollback?.kill ?? '' }
    expect(expectOk(await stage.developer.client.call('getKill', { params: kill })).state).toBe('verified')
    expect(await checkOf(stage, run, 5, 'P-S5-6')).toBe('pass')
  })

  it('P-S5-6 is stale once a rule of the flag has changed, not by turning it on or off', async () => {
    const stage = await newStage()
    const run = await atStep(stage, 4)
    await connect(stage, { environment: 'staging' })
    const { id } = await drill(stage, run, 'rollback')
    const current = async () => {
      const params = { project: stage.project, run, drill: id }
      return expectOk(await stage.developer.client.call('showDrill', { params })).current
    }
    await configure(stage, { enabled: true, rules: [] })
    expect(await current()).toBe(true)
    await configure(stage, {
      enabled: true,
      rules: [{ name: 'all', when: { all: [] }, serve: { variant: 'on' } }],
    })
    expect(await current()).toBe(false)
  })

  it('P-S5-6 is unknown where no instance is connected outside production', async () => {
    const stage = await newStage()
    const run = await atStep(stage, 4)
    await connect(stage, { environment: 'production' })
    const found = await drill(stage, run, 'rollback')
    expect(found).toMatchObject({ state: 'done', verdict: 'unknown' })
    expect(await checkOf(stage, run, 5, 'P-S5-6')).toBe('unknown')
  })
})

describe('flag monitoring', () => {
  it('P-S4-5 P-S4-12 tells status, usage by layer and faults from connected instances', async () => {
    const stage = await newStage()
    const backend = await connect(stage, { environment: 'staging' })
    await expect
      .poll(async () => (await monitoring(stage, 'staging')).status.instances.map((it) => it.current))
      .toEqual([true])
    const run = await atStep(stage, 1)
    // A verification run asks for telemetry soon, and serves both branches.
    const { client } = stage.developer
    const params = { project: stage.project, run }
    const { id } = expectOk(await client.call('startVerification', { params, body: {} }))
    await expect
      .poll(
        async () => {
          const at = { ...params, verification: id }
          return expectOk(await client.call('showVerification', { params: at })).state
        },
        { timeout: 30_000 },
      )
      .toBe('done')
    const found = await monitoring(stage, 'staging')
    expect(found.status.instances[0]).toMatchObject({
      instanceId: backend.connection.instanceId,
      layers: ['backend'],
    })
    expect(found.usage.variants.map((it) => it.variant)).toEqual(['off', 'on'])
    expect(found.usage.layers.map((it) => it.layer)).toEqual(['backend', 'backend'])
    expect(found.usage.silent).toBe(false)
    expect(found.impact).toBeNull()
  })
})

async function newStage(): Promise<Stage> {
  return await setStage(server, `shop-${++projects}`)
}

/** A run whose steps up to this one are Go, with the output of the next one written. */
async function connect(...[stage, options]: Parameters<typeof connectTo>): Promise<Application> {
  const application = await connectTo(stage, options)
  open.push(application)
  return application
}

async function drill(stage: Stage, run: string, kind: 'alert' | 'rollback') {
  const { client } = stage.developer
  const params = { project: stage.project, run }
  const { id } = expectOk(await client.call('startDrill', { params, body: { kind } }))
  const show = async () => expectOk(await client.call('showDrill', { params: { ...params, drill: id } }))
  await expect.poll(async () => (await show()).state, { timeout: 40_000 }).not.toBe('running')
  return await show()
}

/** What staging serves of the flag, but for the off variant and the fallthrough. */
async function configure(stage: Stage, change: Pick<FlagConfigChange, 'enabled' | 'rules'>): Promise<void> {
  const params = { project: stage.project, flag: FLAG, environment: 'staging' }
  const { client } = stage.developer
  const { revision } = expectOk(await client.call('getFlagConfig', { params }))
  const body = { ...change, offVariant: 'off', fallthrough: { variant: 'off' } }
  expectOk(await client.call('configureFlag', { params, body, ifMatch: revision }))
}

async function monitoring(stage: Stage, environment: string) {
  const params = { project: stage.project, flag: FLAG, environment }
  return expectOk(await stage.developer.client.call('showMonitoring', { params }))
}

async function checkOf(stage: Stage, run: string, step: number, id: string): Promise<string | undefined> {
  const params = { project: stage.project, run, step }
  const { items } = expectOk(await stage.developer.client.call('runChecks', { params }))
  return items.find((it) => it.id === id)?.state
}

/** A server that takes every POST and keeps its body. */
async function startReceiver(): Promise<AsyncDisposable & { url: string; bodies: string[] }> {
  const bodies: string[] = []
  const receiver = createServer(async (request, response) => {
    bodies.push(Buffer.concat(await Array.fromAsync(request)).toString())
    response.writeHead(204).end()
  })
  await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening))
  // A listening TCP server has an address with a port.
  const { port } = receiver.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    bodies,
    async [Symbol.asyncDispose]() {
      await new Promise((closed) => receiver.close(closed))
    },
  }
}
