/**
 * Verification runs with real SDKs on real connections, through the API.
 */
import type { Client } from '@flagmarshal/api'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { setStage } from '../../packages/server/test/support/procedure.ts'
import type { Stage } from '../../packages/server/test/support/procedure.ts'
import type { Application } from '../support/application.ts'
import { expectOk, expectProblem, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'
import { atStep, connectTo } from '../support/stage-application.ts'

const FLAG = 'new-checkout'
const ENVIRONMENTS = ['development', 'staging', 'production'] as const

let server: TestServer
const open: Application[] = []
let projects = 0

beforeAll(async () => {
  server = await startServer()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((it) => it[Symbol.asyncDispose]()))
})
afterAll(async () => {
  await server.close()
})

describe('a verification run', () => {
  it('P-S2-4 P-S2-5 P-S2-8 P-S2-10 goes through the engine and connected SDKs in every environment', async () => {
    const stage = await setStage(server, `shop-${++projects}`)
    const run = await atStep(stage, 0)
    const apps = await Promise.all(
      ENVIRONMENTS.map((environment) => connect(stage, { environment, allowVerification: true })),
    )
    const found = await verify(stage, run)

    expect(found.state).toBe('done')
    expect(found.current).toBe(true)
    expect(found.environments?.map((it) => it.environment).toSorted()).toEqual([...ENVIRONMENTS].toSorted())
    for (const it of found.environments ?? []) {
      expect(it.engine.findings).toEqual([])
      expect(it.sdk).toMatchObject({ contexts: 500, findings: [] })
      expect(it.sdk.answered).toEqual(it.sdk.asked)
      expect(it.sdk.answered).toHaveLength(1)
      for (const toggle of it.toggles) {
        expect(toggle.instances).toHaveLength(1)
        expect(toggle.instances[0]?.confirmedAfterMs).toBeLessThan(5_000)
      }
    }
    const checks = await checksOf(stage, run)
    expect(checks['P-S2-4']).toMatchObject({ state: 'pass' })
    expect(checks['P-S2-5']).toMatchObject({ state: 'pass' })
    expect(checks['P-S2-8']).toMatchObject({ state: 'pass' })
    expect(checks['P-S2-9']).toMatchObject({ state: 'pass' })

    const [development] = apps
    expect(development?.served).toEqual(new Set([false, true]))
    for (const environment of ENVIRONMENTS) {
      const params = { project: stage.project, flag: FLAG, environment }
      const config = expectOk(await stage.developer.client.call('getFlagConfig', { params }))
      expect(config).toMatchObject({ enabled: false, rules: [] })
    }
  })

  it('P-S2-9 changes no production evaluation of the flag, and switches nothing on there', async () => {
    const stage = await setStage(server, `shop-${++projects}`)
    const run = await atStep(stage, 0)
    const production = await connect(stage, { environment: 'production', allowVerification: true })
    const staging = await connect(stage, { environment: 'staging', allowVerification: true })
    const changed: string[] = []
    production.connection.onChange(({ flagsChanged }) => changed.push(...flagsChanged))
    const params = { project: stage.project, flag: FLAG, environment: 'production' }
    const before = expectOk(await stage.developer.client.call('getFlagConfig', { params }))

    const found = await verify(stage, run)

    expect(production.served).toEqual(new Set([false]))
    expect(changed).toEqual([])
    expect(staging.served).toEqual(new Set([false, true]))
    expect(expectOk(await stage.developer.client.call('getFlagConfig', { params }))).toEqual(before)
    const there = found.environments?.find((it) => it.environment === 'production')
    expect(there?.toggles.map((it) => it.what)).toEqual(['probe'])
    expect(there?.sdk.answered).toHaveLength(1)
  })

  it('P-S2-4 says "engine only" where no SDK opted in, P-S2-5 is unknown where none is connected', async () => {
    const stage = await setStage(server, `shop-${++projects}`)
    const run = await atStep(stage, 0)
    await connect(stage, { environment: 'staging' })
    expect((await checksOf(stage, run))['P-S2-5']).toMatchObject({ state: 'unknown' })

    const found = await verify(stage, run)

    expect(found.environments?.every((it) => it.sdk.asked.length === 0)).toBe(true)
    const checks = await checksOf(stage, run)
    expect(checks['P-S2-4']?.state).toBe('pass')
    expect(checks['P-S2-5']?.state).toBe('unknown')
    expect(checks['P-S2-5']?.findings.join()).toContain('development, production')
    // It has served both branches, and has not told the default of its code.
    expect(checks['P-S2-8']).toMatchObject({ state: 'unknown' })
    expect(checks['P-S2-8']?.findings.join()).toContain('default of its code')
  })

  it('P-S2-4 asks an SDK whose stream another server holds', async () => {
    await using other = await startServer({ settings: { FLAGMARSHAL_DATABASE_URL: server.databaseUrl } })
    const stage = await setStage(server, `shop-${++projects}`)
    const run = await atStep(stage, 0)
    await connect(stage, { environment: 'staging', allowVerification: true, address: other.address })
    const found = await verify(stage, run)
    const staging = found.environments?.find((it) => it.environment === 'staging')
    expect(staging?.sdk).toMatchObject({ findings: [], answered: [expect.any(String)] })
    expect(staging?.layers[0]).toMatchObject({ servedOn: true, servedOff: true, codeDefaults: [false] })
  })

  it('P-S2-8 fails for a layer whose code defaults to on', async () => {
    const stage = await setStage(server, `shop-${++projects}`)
    const run = await atStep(stage, 0)
    await connect(stage, { environment: 'staging', allowVerification: true, codeDefault: true })
    await verify(stage, run)
    const checks = await checksOf(stage, run)
    expect(checks['P-S2-8']?.state).toBe('fail')
    expect(checks['P-S2-8']?.findings.join()).toContain('defaults to true')
  })

  it('P-S2-10 names the instance that does not acknowledge within the bound', async () => {
    const stage = await setStage(server, `shop-${++projects}`)
    const run = await atStep(stage, 0)
    await connect(stage, { environment: 'production' })
    // Connected, and says only once which revision it runs.
    const key = await server.sdkKey(stage.project, 'staging')
    const acknowledged = await fetch(`${server.address}/api/v1/environments/staging/acks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        instanceId: 'sleepy',
        revision: 0,
        instance: { application: 'shop', layers: ['backend'], sdk: 'test', sdkVersion: '1', mode: 'stream' },
      }),
    })
    expect(acknowledged.status).toBe(204)
    await verify(stage, run, { boundMs: 300, trafficMs: 0 })
    const checks = await checksOf(stage, run)
    expect(checks['P-S2-5']?.state).toBe('fail')
    expect(checks['P-S2-5']?.findings.join()).toContain('sleepy')
  })

  it('is stale once a rule of the flag has changed, and refuses a second one at the same time', async () => {
    const stage = await setStage(server, `shop-${++projects}`)
    const run = await atStep(stage, 0)
    await connect(stage, { environment: 'staging', traffic: false })
    const params = { project: stage.project, run }
    const body = { trafficMs: 3_000 }
    const { id } = expectOk(await stage.developer.client.call('startVerification', { params, body }))
    const second = expectProblem(await stage.developer.client.call('startVerification', { params, body }))
    expect(second.code).toBe('exercise-running')
    await finished(stage.developer.client, stage, run, id)

    const at = { project: stage.project, flag: FLAG, environment: 'staging' }
    const config = expectOk(await stage.developer.client.call('getFlagConfig', { params: at }))
    const changed = {
      enabled: false,
      offVariant: 'off',
      rules: [{ name: 'everybody', when: { all: [] }, serve: { variant: 'on' } }],
      fallthrough: { variant: 'off' },
    }
    expectOk(
      await stage.developer.client.call('configureFlag', {
        params: at,
        body: changed,
        ifMatch: config.revision,
      }),
    )
    expect((await finished(stage.developer.client, stage, run, id)).current).toBe(false)
    const checks = await checksOf(stage, run)
    expect(checks['P-S2-5']?.findings.join()).toContain('has changed since')
  })
})

async function connect(...[stage, options]: Parameters<typeof connectTo>): Promise<Application> {
  const application = await connectTo(stage, options)
  open.push(application)
  return application
}

async function verify(stage: Stage, run: string, body: { boundMs?: number; trafficMs?: number } = {}) {
  const { client } = stage.developer
  const params = { project: stage.project, run }
  const started = expectOk(await client.call('startVerification', { params, body }))
  expect(started.state).toBe('running')
  return await finished(client, stage, run, started.id)
}

async function finished(client: Client, stage: Stage, run: string, verification: string) {
  const params = { project: stage.project, run, verification }
  const show = async () => expectOk(await client.call('showVerification', { params }))
  await expect.poll(async () => (await show()).state, { timeout: 30_000 }).not.toBe('running')
  return await show()
}

/** The checks of step 2 as they are now, by id. */
async function checksOf(stage: Stage, run: string) {
  const { client } = stage.technicalLead
  const first = { project: stage.project, run, step: 1 }
  const step = expectOk(await client.call('showStep', { params: first }))
  if (step.state === 'open')
    await client.call('decideStep', { params: first, body: { decision: 'go', rationale: 'ready' } })
  const params = { project: stage.project, run, step: 2 }
  const items = expectOk(await client.call('runChecks', { params })).items
  return Object.fromEntries(items.map((it) => [it.id, { state: it.state, findings: it.findings ?? [] }]))
}
