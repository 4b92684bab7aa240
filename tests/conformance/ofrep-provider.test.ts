import { ErrorCode, OpenFeature } from '@openfeature/server-sdk'
import type { Client } from '@openfeature/server-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { configure, EVERYBODY_ON, newFlag } from '../../packages/server/test/support/flags.ts'
/** The published OFREP provider for servers, unmodified. */
import { OFREPProvider } from '../clients/ofrep-provider/provider.ts'
import { expectOk, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

describe('the published OFREP provider of the OpenFeature server SDK', () => {
  let server: TestServer
  let client: Client

  beforeAll(async () => {
    server = await startServer()
    const params = { project: 'shop' }
    expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
    const limit = {
      ...newFlag('limit'),
      valueType: 'number' as const,
      variants: { low: 10, high: 50.5 },
      offVariant: 'low',
    }
    const theme = {
      ...newFlag('theme'),
      valueType: 'object' as const,
      variants: { dark: { colour: 'black', sizes: [1, 2] }, light: { colour: 'white', sizes: [] } },
      offVariant: 'light',
    }
    for (const body of [newFlag('new-checkout'), newFlag('half'), limit, theme])
      expectOk(await server.admin.call('createFlag', { params, body }))
    await configure(server, 'new-checkout', EVERYBODY_ON)
    const allocation = { salt: 'abcdefghijklmno', ranges: [{ from: 0, to: 50_000, variant: 'on' }] }
    await configure(server, 'half', { ...EVERYBODY_ON, fallthrough: { allocation } })
    await configure(server, 'theme', {
      ...EVERYBODY_ON,
      offVariant: 'light',
      fallthrough: { variant: 'dark' },
    })
    const key = await server.sdkKey('shop', 'development')
    await OpenFeature.setProviderAndWait(
      'published',
      new OFREPProvider({ baseUrl: server.address, headers: [['Authorization', `Bearer ${key}`]] }),
    )
    client = OpenFeature.getClient('published')
  })
  afterAll(async () => {
    await OpenFeature.close()
    await server?.close()
  })

  test('is answered without a context, and for every type', async () => {
    expect(await client.getBooleanDetails('new-checkout', false)).toMatchObject({
      value: true,
      variant: 'on',
      reason: 'STATIC',
      flagMetadata: { revision: expect.any(Number) },
    })
    expect(await client.getNumberDetails('limit', 0)).toMatchObject({ value: 10, reason: 'DISABLED' })
    await expect.poll(() => client.getObjectValue('theme', {})).toEqual({ colour: 'black', sizes: [1, 2] })
  })

  test('is told by code what is wrong, and serves the default of the code', async () => {
    expect(await client.getBooleanDetails('nobody', true)).toMatchObject({
      value: true,
      reason: 'ERROR',
      errorCode: 'FLAG_NOT_FOUND',
    })
    await expect
      .poll(() => client.getBooleanDetails('half', true))
      .toMatchObject({ value: true, errorCode: 'TARGETING_KEY_MISSING' })
    expect(await client.getBooleanDetails('half', true, { targetingKey: 'ada' })).toMatchObject({
      reason: 'SPLIT',
    })
    expect(await client.getStringDetails('new-checkout', 'x')).toMatchObject({ errorCode: 'TYPE_MISMATCH' })
    // Version 0.1.3 sends the slash as it is.
    expect(await client.getBooleanDetails('a/b', false)).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' })
  })

  test('is told to wait, and asks no more until then', async () => {
    await using small = await startServer({ settings: { FLAGMARSHAL_EVALUATIONS_PER_SECOND: '1' } })
    expectOk(await small.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
    const params = { project: 'shop' }
    expectOk(await small.admin.call('createFlag', { params, body: newFlag('new-checkout') }))
    const key = await small.sdkKey('shop', 'development')
    await OpenFeature.setProviderAndWait(
      'small',
      new OFREPProvider({ baseUrl: small.address, headers: [['X-API-Key', key]] }),
    )
    const asked = await Promise.all(
      Array.from({ length: 20 }, () =>
        OpenFeature.getClient('small').getBooleanDetails('new-checkout', true),
      ),
    )
    expect(asked.filter((it) => it.errorCode === ErrorCode.GENERAL && it.value).length).toBeGreaterThan(10)
  })
})
