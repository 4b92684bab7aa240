import { OpenFeature, ProviderEvents, ProviderStatus } from '@openfeature/server-sdk'
import type { EventDetails } from '@openfeature/server-sdk'
import { afterEach, describe, expect, it } from 'vitest'

import { booleanFlag, rolloutFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import type { FlagServer } from '../../../../tests/support/flag-server.ts'
import { createFlagmarshal } from './connection.ts'
import type { Connection } from './connection.ts'
import type { FlagmarshalOptions } from './settings.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }
const soon = { timeout: 5_000, interval: 10 }
let server: FlagServer
let connection: Connection

afterEach(async () => {
  await OpenFeature.close()
  OpenFeature.clearHandlers()
  await connection.close()
  await server.stop()
})

const text = booleanFlag('banner', {
  valueType: 'string',
  variants: { hello: 'Hello', off: '' },
  fallthrough: { variant: 'hello' },
})
const targeted = booleanFlag('search', {
  fallthrough: { variant: 'off' },
  rules: [
    {
      id: 'staff',
      name: 'Staff',
      when: { attribute: 'email', op: 'ends-with', values: ['@shop.example'] },
      serve: { variant: 'on' },
    },
  ],
})
const split = booleanFlag('split', {
  rules: [
    {
      id: 'half',
      name: 'Half',
      when: { all: [] },
      serve: {
        allocation: {
          by: 'targetingKey',
          salt: 's',
          hash: 'murmur3',
          ranges: [{ from: 0, to: 50_000, variant: 'on' }],
        },
      },
    },
  ],
})
const flags = [
  booleanFlag('plain'),
  booleanFlag('killed', { enabled: false }),
  text,
  targeted,
  split,
  rolloutFlag('all', 100),
]

async function start(options: Partial<FlagmarshalOptions> = {}): Promise<void> {
  server = await startFlagServer(flags)
  connection = createFlagmarshal({
    url: server.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
    logger: silent,
    ...options,
  })
}

function recordEvents(): { readonly event: string; readonly details: EventDetails | undefined }[] {
  const events: { event: string; details: EventDetails | undefined }[] = []
  for (const event of Object.values(ProviderEvents)) {
    OpenFeature.addHandler(event, (details?: EventDetails) => void events.push({ event, details }))
  }
  return events
}

describe('the provider under the OpenFeature client', () => {
  it('answers with the value, variant, reason and metadata of the evaluation', async () => {
    await start()
    await OpenFeature.setProviderAndWait(connection.provider)
    const client = OpenFeature.getClient()
    expect(client.providerStatus).toBe(ProviderStatus.READY)
    expect(client.metadata.providerMetadata.name).toBe('flagmarshal')
    const ada = { targetingKey: 'ada', email: 'ada@shop.example' }
    expect(await client.getBooleanDetails('all', false, ada)).toEqual({
      flagKey: 'all',
      value: true,
      variant: 'on',
      reason: expect.stringMatching(/^(SPLIT|TARGETING_MATCH)$/),
      flagMetadata: {
        revision: 1,
        ruleId: 'rollout',
        arm: 'exposed',
        audience: 'everybody',
        rollout: 'all-rollout',
        attempt: 1,
      },
    })
    expect(await client.getStringDetails('banner', 'none')).toMatchObject({
      value: 'Hello',
      variant: 'hello',
    })
    expect(await client.getBooleanDetails('killed', true)).toMatchObject({ value: false, reason: 'DISABLED' })
    expect(await client.getBooleanDetails('search', false, ada)).toMatchObject({
      value: true,
      reason: 'TARGETING_MATCH',
      flagMetadata: { ruleId: 'staff' },
    })
    expect(await client.getBooleanDetails('search', true, { targetingKey: 'x' })).toMatchObject({
      value: false,
    })
  })

  it.each([
    ['FLAG_NOT_FOUND', () => OpenFeature.getClient().getBooleanDetails('missing', true), true],
    ['TYPE_MISMATCH', () => OpenFeature.getClient().getStringDetails('plain', 'mine'), 'mine'],
    ['TYPE_MISMATCH', () => OpenFeature.getClient().getBooleanDetails('banner', true), true],
    ['TYPE_MISMATCH', () => OpenFeature.getClient().getNumberDetails('plain', 7), 7],
    ['TYPE_MISMATCH', () => OpenFeature.getClient().getObjectDetails('plain', { a: 1 }), { a: 1 }],
    ['TARGETING_KEY_MISSING', () => OpenFeature.getClient().getBooleanDetails('split', true), true],
  ])('serves the default of the caller on %s', async (errorCode, evaluate, value) => {
    await start()
    await OpenFeature.setProviderAndWait(connection.provider)
    expect(await evaluate()).toMatchObject({ value, reason: 'ERROR', errorCode })
  })

  it('says of a number or object that the flag is of another type', async () => {
    await start()
    await OpenFeature.setProviderAndWait(connection.provider)
    const { errorMessage } = await OpenFeature.getClient().getNumberDetails('plain', 7)
    expect(errorMessage).toContain('is of type boolean, not number')
  })

  it('R2 serves the default with PROVIDER_NOT_READY before it is ready', async () => {
    await start()
    OpenFeature.setProvider(connection.provider)
    const details = await OpenFeature.getClient().getBooleanDetails('plain', false)
    expect(details).toMatchObject({ value: false, reason: 'ERROR', errorCode: 'PROVIDER_NOT_READY' })
    await connection.ready()
    await expect.poll(() => OpenFeature.getClient().getBooleanValue('plain', false), soon).toBe(true)
  })

  it('tells which flags changed', async () => {
    await start()
    await OpenFeature.setProviderAndWait(connection.provider)
    const events = recordEvents()
    server.change({ flags: [...flags.slice(1), booleanFlag('added')] })
    await expect
      .poll(() => events.map(({ details }) => details), soon)
      .toContainEqual(expect.objectContaining({ flagsChanged: ['added', 'plain'] }))
  })

  it('is stale, with its last values, while the server is gone, and ready when it is back', async () => {
    await start()
    await OpenFeature.setProviderAndWait(connection.provider)
    const events = recordEvents()
    const client = OpenFeature.getClient()
    await server.stop()
    await expect.poll(() => client.providerStatus, soon).toBe(ProviderStatus.STALE)
    expect(await client.getBooleanDetails('plain', false)).toMatchObject({
      value: true,
      flagMetadata: { stale: true },
    })
    await server.start()
    await expect.poll(() => client.providerStatus, soon).toBe(ProviderStatus.READY)
    expect(events.map(({ event }) => event)).toContain(ProviderEvents.Stale)
    expect((await client.getBooleanDetails('plain', false)).flagMetadata).not.toHaveProperty('stale')
  })

  it('is fatal when the key is refused before anything could be served', async () => {
    await start({ key: 'fm_server_wrong' })
    await expect(OpenFeature.setProviderAndWait(connection.provider)).rejects.toThrow('refused the key')
    const client = OpenFeature.getClient()
    expect(client.providerStatus).toBe(ProviderStatus.FATAL)
    expect(await client.getBooleanDetails('plain', true)).toMatchObject({
      value: true,
      errorCode: 'PROVIDER_FATAL',
    })
  })

  it('is in error and not fatal when the key is refused later: the last values are still served', async () => {
    await start()
    await OpenFeature.setProviderAndWait(connection.provider)
    const events = recordEvents()
    const client = OpenFeature.getClient()
    server.fault('/stream', 401)
    server.dropStreams()
    await expect.poll(() => client.providerStatus, soon).toBe(ProviderStatus.ERROR)
    expect(events.map(({ event }) => event)).toContain(ProviderEvents.Error)
    expect(await client.getBooleanValue('plain', false)).toBe(true)
  })

  it('is in error when there is no snapshot in time, and ready when it arrives', async () => {
    await start({ initTimeoutMs: 50 })
    server.fault('/stream', 503)
    server.fault('/snapshot', 503)
    await connection.close()
    connection = createFlagmarshal({
      url: server.url,
      key: 'fm_server_test',
      environment: 'production',
      application: 'shop',
      layers: ['backend'],
      logger: silent,
      initTimeoutMs: 50,
    })
    await expect(OpenFeature.setProviderAndWait(connection.provider)).rejects.toThrow(
      'within the time allowed',
    )
    const client = OpenFeature.getClient()
    expect(client.providerStatus).toBe(ProviderStatus.ERROR)
    expect(await client.getBooleanDetails('plain', true)).toMatchObject({ errorCode: 'PROVIDER_NOT_READY' })
    server.fault('/stream', undefined)
    await expect.poll(() => client.providerStatus, soon).toBe(ProviderStatus.READY)
    expect(await client.getBooleanValue('plain', false)).toBe(true)
  })

  it('closes the connection with OpenFeature', async () => {
    await start()
    await OpenFeature.setProviderAndWait(connection.provider)
    await OpenFeature.close()
    expect(connection.state).toBe('closed')
  })
})
