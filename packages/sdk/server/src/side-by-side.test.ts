import { InMemoryProvider, OpenFeature } from '@openfeature/server-sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { booleanFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import type { FlagServer } from '../../../../tests/support/flag-server.ts'
import { createFlagmarshal } from './connection.ts'
import type { Connection } from './connection.ts'
import { sideBySide } from './side-by-side.ts'
import type { Difference } from './side-by-side.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }
const ada = { targetingKey: 'ada' }
const client = OpenFeature.getClient()
let server: FlagServer
let connection: Connection
let told: Difference[]

/** What the application has now: a flag of the provider that it comes from. */
const theirs = <Value>(value: Value) => ({ variants: { now: value }, defaultVariant: 'now', disabled: false })

beforeEach(async () => {
  told = []
  const object = { variants: { on: { size: 5 }, off: {} }, valueType: 'object' } as const
  const color = { variants: { on: 'red', off: 'grey' }, valueType: 'string' } as const
  server = await startFlagServer([
    booleanFlag('new-checkout'),
    booleanFlag('layout', object),
    booleanFlag('color', color),
  ])
  connection = createFlagmarshal({
    url: server.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
    countEvaluations: false,
    logger: silent,
  })
  await OpenFeature.setProviderAndWait(
    new InMemoryProvider({
      'new-checkout': theirs(true),
      layout: theirs({ size: 5 }),
      color: theirs('blue'),
      only: theirs(3),
      list: theirs([1]),
    }),
  )
  OpenFeature.addHooks(sideBySide(connection, (it) => void told.push(it)))
})
afterEach(async () => {
  OpenFeature.clearHooks()
  await OpenFeature.close()
  await connection.close()
  await server.stop()
})

describe('a connection beside another provider', () => {
  it('tells nothing where both say the same, objects too', async () => {
    await connection.ready()
    expect(await client.getBooleanValue('new-checkout', false, ada)).toBe(true)
    expect(await client.getObjectValue('layout', {}, ada)).toEqual({ size: 5 })
    expect(told).toEqual([])
  })

  it('tells what differs and for whom; the application is served what it was', async () => {
    await connection.ready()
    expect(await client.getStringValue('color', 'none', ada)).toBe('blue')
    const difference = {
      flagKey: 'color',
      targetingKey: 'ada',
      theirs: { value: 'blue', variant: 'now' },
      ours: { value: 'red', variant: 'on' },
    }
    expect(told).toEqual([difference])
  })

  it('tells a flag that was forgotten, by its error', async () => {
    await connection.ready()
    expect(await client.getNumberValue('only', 0, ada)).toBe(3)
    expect(told).toMatchObject([{ flagKey: 'only', ours: { value: 0, errorCode: 'FLAG_NOT_FOUND' } }])
  })

  it('harms nothing while it has no flags yet, and says nothing of what it cannot compare', async () => {
    await server.stop()
    expect(await client.getObjectValue('list', [0], ada)).toEqual([1])
    expect(await client.getBooleanValue('unknown-to-both', true, ada)).toBe(true)
    expect(told).toEqual([])
    expect(await client.getStringValue('color', 'none', ada)).toBe('blue')
    expect(told).toMatchObject([{ flagKey: 'color', theirs: { value: 'blue' } }])
  })
})
