/**
 * flagd's own in-process provider, as it is published, streaming from our server over gRPC.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { FlagdProvider } from '@openfeature/flagd-provider'
import { OpenFeature } from '@openfeature/server-sdk'
import type { Client } from '@openfeature/server-sdk'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { configParams, configure, EVERYBODY_ON, newFlag } from '../../packages/server/test/support/flags.ts'
import { expectOk, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'

const FLAG = 'new-checkout'
const ON_PRO = { attribute: 'plan', op: 'equals' as const, values: ['pro'] }
const soon = { timeout: 20_000, interval: 20 }

describe('flagd’s in-process provider', () => {
  let server: TestServer
  let key: string

  beforeAll(async () => {
    server = await startServer({ settings: { FLAGMARSHAL_GRPC_PORT: '0' } })
    expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
    const params = { project: 'shop' }
    const greeting = {
      ...newFlag('greeting'),
      valueType: 'string' as const,
      variants: { polite: 'Good day', short: 'Hi' },
      offVariant: 'short',
    }
    for (const body of [newFlag(FLAG), greeting])
      expectOk(await server.admin.call('createFlag', { params, body }))
    await configure(server, 'greeting', {
      enabled: true,
      offVariant: 'short',
      rules: [{ name: 'Pro', when: ON_PRO, serve: { variant: 'polite' } }],
      fallthrough: { variant: 'short' },
    })
    key = await server.sdkKey('shop', 'development')
  })
  afterEach(() => OpenFeature.clearProviders())
  afterAll(() => server.close())

  function connect(options: ConstructorParameters<typeof FlagdProvider>[0] = {}): FlagdProvider {
    return new FlagdProvider({
      resolverType: 'in-process',
      ...placeOf(server.grpcAddress),
      selector: key,
      deadlineMs: 5_000,
      retryBackoffMaxMs: 100,
      ...options,
    })
  }

  async function connected(options?: ConstructorParameters<typeof FlagdProvider>[0]): Promise<Client> {
    await OpenFeature.setProviderAndWait(connect(options))
    return OpenFeature.getClient()
  }

  const turn = (enabled: boolean) => configure(server, FLAG, { ...EVERYBODY_ON, enabled })

  test('evaluates what the environment serves, and is told the environment and not the key', async () => {
    const client = await connected()
    const pro = await client.getStringDetails('greeting', 'none', { targetingKey: 'ada', plan: 'pro' })
    expect(pro).toMatchObject({ value: 'Good day', variant: 'polite', reason: 'TARGETING_MATCH' })
    expect(pro.flagMetadata).toMatchObject({ scope: 'shop/development' })
    expect(JSON.stringify(pro)).not.toContain('fm_server_')
    expect(await client.getStringValue('greeting', 'none', { plan: 'free' })).toBe('Hi')
    // Off: the off variant, and not the default of the code.
    await turn(false)
    await expect.poll(() => client.getBooleanValue(FLAG, true), soon).toBe(false)
  })

  test('a toggle and a kill arrive on the open stream', async () => {
    await turn(false)
    const client = await connected()
    await expect.poll(() => client.getBooleanValue(FLAG, true), soon).toBe(false)
    await turn(true)
    await expect.poll(() => client.getBooleanValue(FLAG, false), soon).toBe(true)

    const params = configParams(FLAG)
    const { id } = expectOk(await server.admin.call('killFlag', { params, body: { reason: 'drill' } }))
    await expect.poll(() => client.getBooleanValue(FLAG, true), soon).toBe(false)
    // It confirms nothing, so it is none of the instances; it is counted among those that only ask.
    const kill = async () => expectOk(await server.admin.call('getKill', { params: { ...params, kill: id } }))
    await expect.poll(async () => (await kill()).remote?.asked ?? 0, soon).toBeGreaterThan(0)
    expect((await kill()).total).toBe(0)
  })

  test('a key that is wrong, of a browser, or missing is refused, and says so', async () => {
    const web = await server.sdkKey('shop', 'development', 'web')
    for (const selector of ['fm_server_nobody', web, '', 'two words'])
      await expect(
        OpenFeature.setProviderAndWait(
          connect({ selector, fatalStatusCodes: ['UNAUTHENTICATED', 'PERMISSION_DENIED'] }),
        ),
        selector,
      ).rejects.toThrow(/server key/)
  })

  test('a key that is revoked ends its stream', async () => {
    const own = expectOk(
      await server.admin.call('createKey', {
        params: { project: 'shop' },
        body: { kind: 'server', environment: 'development', name: 'short' },
      }),
    )
    const provider = connect({ selector: own.key })
    await OpenFeature.setProviderAndWait(provider)
    expectOk(await server.admin.call('revokeKey', { params: { project: 'shop', sdkKey: own.id } }))
    await expect.poll(() => OpenFeature.getClient().providerStatus, soon).toBe('STALE')
  })

  test('a change made while the server was away is served after it is back at its address', async () => {
    const settings = { FLAGMARSHAL_DATABASE_URL: server.databaseUrl, FLAGMARSHAL_GRPC_PORT: '0' }
    const first = await startServer({ settings })
    await turn(false)
    const place = placeOf(first.grpcAddress)
    const client = await connected(place)
    await expect.poll(() => client.getBooleanValue(FLAG, true), soon).toBe(false)
    await first.close()
    await turn(true)
    expect(await client.getBooleanValue(FLAG, true)).toBe(false)
    const second = await startServer({ settings: { ...settings, FLAGMARSHAL_GRPC_PORT: String(place.port) } })
    await expect.poll(() => client.getBooleanValue(FLAG, false), soon).toBe(true)
    await OpenFeature.clearProviders()
    await second.close()
  })

  test('over TLS, with a certificate of one’s own', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-tls-'))
    const [certificate, privateKey] = [path.join(folder, 'own.pem'), path.join(folder, 'own.key')]
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ]
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    execFileSync('openssl', [...request, ...names, '-keyout', privateKey, '-out', certificate], {
      stdio: 'ignore',
    })
    const secure = await startServer({
      settings: {
        FLAGMARSHAL_DATABASE_URL: server.databaseUrl,
        FLAGMARSHAL_GRPC_PORT: '0',
        FLAGMARSHAL_GRPC_CERTIFICATE: certificate,
        FLAGMARSHAL_GRPC_PRIVATE_KEY: privateKey,
      },
    })
    const tls = { ...placeOf(secure.grpcAddress), host: 'localhost', tls: true, certPath: certificate }
    const client = await connected(tls)
    expect(await client.getStringValue('greeting', 'none', { plan: 'pro' })).toBe('Good day')
    await OpenFeature.clearProviders()
    await secure.close()
    await rm(folder, { recursive: true })
  })
})

function placeOf(address = ''): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? []
  return { host, port: Number(port) }
}
