/**
 * The real OpenFeature client with our provider, against the real server: what a service would see.
 */
import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { expectOk, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

const PROJECT = 'shop'
const ENVIRONMENT = 'staging'
const HALF = { allocation: { by: 'targetingKey', ranges: [{ from: 0, to: 50_000, variant: 'on' }] } }

describe('an application with the OpenFeature server SDK', () => {
  let server: TestServer
  let key: string
  const connections: Connection[] = []

  beforeEach(async () => {
    server = await startServer()
    expectOk(await server.admin.call('createProject', { body: { key: PROJECT, name: 'Shop' } }))
    key = await server.sdkKey(PROJECT, ENVIRONMENT)
    expectOk(
      await server.admin.call('createFlag', {
        params: { project: PROJECT },
        body: {
          key: 'new-checkout',
          name: 'New checkout',
          kind: 'release',
          valueType: 'boolean',
          variants: { on: true, off: false },
          offVariant: 'off',
          layers: ['backend'],
          owner: 'payments',
        },
      }),
    )
  })

  afterEach(async () => {
    await OpenFeature.close()
    await Promise.all(connections.splice(0).map((it) => it.close()))
    await server.close()
  })

  function connect(): Connection {
    const connection = createFlagmarshal({
      url: server.address,
      key,
      environment: ENVIRONMENT,
      application: 'checkout',
      layers: ['backend'],
    })
    connections.push(connection)
    return connection
  }

  async function configure(enabled: boolean): Promise<number> {
    const params = { project: PROJECT, flag: 'new-checkout', environment: ENVIRONMENT }
    const { revision } = expectOk(await server.admin.call('getFlagConfig', { params }))
    const body = {
      enabled,
      offVariant: 'off',
      rules: [{ name: 'half', when: { all: [] }, serve: HALF }],
      fallthrough: { variant: 'off' },
    }
    const changed = expectOk(await server.admin.call('configureFlag', { params, body, ifMatch: revision }))
    return changed.environmentRevision
  }

  it('sees a change without asking, and agrees with OFREP for every user', async () => {
    const connection = connect()
    await OpenFeature.setProviderAndWait(connection.provider)
    const client = OpenFeature.getClient()
    expect(await client.getBooleanValue('new-checkout', true, { targetingKey: 'ada' })).toBe(false)

    const revision = await configure(true)
    await expect.poll(() => connection.revision).toBe(revision)

    const users = Array.from({ length: 200 }, (_, i) => `user-${i}`)
    const inProcess = await Promise.all(
      users.map((it) => client.getBooleanValue('new-checkout', false, { targetingKey: it })),
    )
    const remote = await Promise.all(users.map((it) => ofrep(server.address, key, it)))
    expect(remote).toEqual(inProcess)
    expect(inProcess.filter(Boolean).length).toBeGreaterThan(70)
    expect(inProcess.filter(Boolean).length).toBeLessThan(130)
  })

  it('proves a kill: every connected instance has confirmed, and serves the off variant', async () => {
    const three = [connect(), connect(), connect()]
    await Promise.all(three.map((it) => it.ready()))
    const revision = await configure(true)
    await expect.poll(() => three.every((it) => it.revision === revision)).toBe(true)

    const path = { project: PROJECT, flag: 'new-checkout', environment: ENVIRONMENT }
    const { id } = expectOk(await server.admin.call('killFlag', { params: path, body: { reason: 'drill' } }))
    const kill = async () => expectOk(await server.admin.call('getKill', { params: { ...path, kill: id } }))
    await expect.poll(async () => (await kill()).state, { timeout: 10_000 }).toBe('verified')

    const { instances, total, confirmed } = await kill()
    expect({ total, confirmed }).toEqual({ total: 3, confirmed: 3 })
    expect(instances.map((it) => it.instanceId).toSorted()).toEqual(
      three.map((it) => it.instanceId).toSorted(),
    )
    for (const it of three) {
      expect(it.evaluate('new-checkout', 'boolean', { targetingKey: 'ada' })).toMatchObject({
        value: false,
        reason: 'DISABLED',
      })
    }
  })

  it('goes on with what it knew when the server is gone', async () => {
    const connection = connect()
    await connection.ready()
    const revision = await configure(true)
    await expect.poll(() => connection.revision).toBe(revision)
    const answer = connection.evaluate('new-checkout', 'boolean', { targetingKey: 'ada' })

    await server.close()
    await expect.poll(() => connection.state, { timeout: 20_000 }).toBe('stale')
    expect(connection.evaluate('new-checkout', 'boolean', { targetingKey: 'ada' })).toEqual(answer)
  })
})

async function ofrep(address: string, key: string, targetingKey: string): Promise<unknown> {
  const answer = await fetch(`${address}/ofrep/v1/evaluate/flags/new-checkout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey } }),
  })
  const body: unknown = await answer.json()
  return typeof body === 'object' && body !== null && 'value' in body ? body.value : body
}
