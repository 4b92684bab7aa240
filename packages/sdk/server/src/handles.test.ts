import { afterEach, describe, expect, it, vi } from 'vitest'

import { booleanFlag, rolloutFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import type { FlagServer } from '../../../../tests/support/flag-server.ts'
import { createFlagmarshal } from './connection.ts'
import type { Connection } from './connection.ts'
import { evaluationsInRequest, runRequest } from './request-scope.ts'

const soon = { timeout: 5_000, interval: 10 }
const silent = { error() {}, warn() {}, info() {}, debug() {} }
const ada = { targetingKey: 'ada' }
let server: FlagServer
let connection: Connection

afterEach(async () => {
  vi.unstubAllEnvs()
  await connection.close()
  await server.stop()
})

async function start(): Promise<void> {
  const text = { variants: { on: 'red', off: 'grey' }, valueType: 'string' } as const
  const number = { variants: { on: 5, off: 0 }, valueType: 'number' } as const
  const object = { variants: { on: { size: 5 }, off: {} }, valueType: 'object' } as const
  const flags = [
    booleanFlag('new-checkout'),
    rolloutFlag('half', 100),
    booleanFlag('color', text),
    booleanFlag('limit', number),
    booleanFlag('layout', object),
  ]
  const telemetry = { flushIntervalMs: 60_000, pollIntervalMs: 15_000 }
  server = await startFlagServer(flags, { telemetry })
  connection = createFlagmarshal({
    url: server.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
    logger: silent,
  })
}

describe('a handle', () => {
  it('gives the values of each type, with the details of the provider', async () => {
    await start()
    await connection.ready()
    const { handles } = connection
    expect(handles.boolean('new-checkout', false).value(ada)).toBe(true)
    expect(handles.string('color', '').value(ada)).toBe('red')
    expect(handles.number('limit', 1).value(ada)).toBe(5)
    expect(handles.object('layout', {}).value(ada)).toEqual({ size: 5 })
    const answer = connection.evaluate('half', 'boolean', ada)
    expect(handles.boolean('half', false).details(ada)).toEqual(answer)
    expect(answer).toMatchObject({ value: true, arm: 'exposed', rollout: { id: 'half-rollout' } })
  })

  it('gives its default with the reason where there is no flag, and where it is of another type', async () => {
    await start()
    const early = connection.handles.boolean('new-checkout', false)
    expect(early.details(ada)).toMatchObject({ value: false, errorCode: 'PROVIDER_NOT_READY' })
    await connection.ready()
    expect(early.value(ada)).toBe(true)
    expect(connection.handles.string('gone', 'mine').details(ada)).toMatchObject({
      value: 'mine',
      reason: 'ERROR',
      errorCode: 'FLAG_NOT_FOUND',
    })
    expect(connection.handles.number('color', 7).details(ada)).toMatchObject({
      value: 7,
      errorCode: 'TYPE_MISMATCH',
    })
  })

  it('follows its flag: changed, archived, and back again', async () => {
    await start()
    await connection.ready()
    const handle = connection.handles.boolean('new-checkout', true)
    server.change({ flags: [booleanFlag('new-checkout', { enabled: false })] })
    await expect.poll(() => handle.details(ada), soon).toMatchObject({ value: false, reason: 'DISABLED' })
    server.change({ flags: [booleanFlag('color')] })
    await expect
      .poll(() => handle.details(ada), soon)
      .toMatchObject({ value: true, errorCode: 'FLAG_NOT_FOUND' })
    server.change({ flags: [booleanFlag('new-checkout')] })
    await expect.poll(() => handle.details(ada), soon).toMatchObject({ value: true, reason: 'STATIC' })
  })

  it('counts as the provider does: once for each request, with arm and key', async () => {
    await start()
    await connection.ready()
    const handle = connection.handles.boolean('half', false)
    handle.value(ada)
    const noted = await runRequest(connection, () => {
      handle.value(ada)
      handle.value({ targetingKey: 'bob' })
      return evaluationsInRequest(connection)
    })
    expect(noted).toEqual([expect.objectContaining({ flag: 'half', arm: 'exposed', variant: 'on' })])
    connection.handles.boolean('gone', false).value(ada)
    expect(connection.counts.take()).toMatchObject({
      counts: [{ flag: 'half', arm: 'exposed', n: 1, keys: [expect.any(String)] }],
      errors: [{ flag: 'gone', code: 'FLAG_NOT_FOUND', n: 1 }],
      codeDefaults: [{ flag: 'gone', n: 1 }],
    })
  })

  it('obeys an override, which is not counted', async () => {
    vi.stubEnv('FLAGMARSHAL_OVERRIDES', 'half=false,color=7')
    await start()
    await connection.ready()
    const handle = connection.handles.boolean('half', true)
    await runRequest(connection, () => {
      expect(handle.details(ada)).toMatchObject({ value: false, variant: 'override' })
      expect(connection.handles.string('color', 'mine').value(ada)).toBe('mine')
    })
    expect(connection.counts.take()).toEqual({ counts: [], errors: [], codeDefaults: [] })
  })
})
