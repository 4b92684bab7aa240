import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { OpenFeature } from '@openfeature/server-sdk'
import type { Client } from '@openfeature/server-sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { booleanFlag } from '../../../../tests/support/flag-server.ts'
import { createFileFlags, createTestFlags } from './local.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }
let client: Client

beforeEach(() => {
  client = OpenFeature.getClient()
})
afterEach(() => OpenFeature.close())

describe('flags of a test', () => {
  it('have the values that the test gives, by type, and nothing else', async () => {
    const flags = createTestFlags({ 'new-checkout': true, limit: 5, theme: { dark: true } })
    await OpenFeature.setProviderAndWait(flags.provider)
    expect(await client.getBooleanDetails('new-checkout', false)).toMatchObject({
      value: true,
      variant: 'test',
    })
    expect(await client.getNumberValue('limit', 0)).toBe(5)
    expect(await client.getObjectValue('theme', {})).toEqual({ dark: true })
    expect(await client.getStringDetails('limit', 'x')).toMatchObject({ errorCode: 'TYPE_MISMATCH' })
    expect(await client.getBooleanDetails('other', false)).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' })
    flags.set({ 'new-checkout': false })
    expect(await client.getBooleanValue('new-checkout', true)).toBe(false)
  })

  it('are changed for one piece of work without touching what runs beside it', async () => {
    const flags = createTestFlags({ 'new-checkout': false, limit: 5 })
    await OpenFeature.setProviderAndWait(flags.provider)
    const read = async () => {
      await new Promise(setImmediate)
      return await client.getBooleanValue('new-checkout', false)
    }
    const [inside, beside] = await Promise.all([
      flags.withFlags({ 'new-checkout': true }, async () => [
        await read(),
        await flags.withFlags({ limit: 6 }, async () => [
          await read(),
          await client.getNumberValue('limit', 0),
        ]),
      ]),
      read(),
    ])
    expect(inside).toEqual([true, [true, 6]])
    expect(beside).toBe(false)
  })
})

describe('flags of a file', () => {
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-file-'))
    file = path.join(folder, 'flags.json')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('are values, followed as they are edited; half an edit changes nothing', async () => {
    await writeFile(file, '{"new-checkout": true}')
    await OpenFeature.setProviderAndWait(createFileFlags({ file, logger: silent }))
    expect(await client.getBooleanValue('new-checkout', false)).toBe(true)
    await writeFile(file, '{"new-checkout": ')
    await writeFile(file, '{"new-checkout": false}')
    await expect.poll(() => client.getBooleanValue('new-checkout', true), { timeout: 10_000 }).toBe(false)
  })

  it('or a snapshot of the server, with its rules', async () => {
    const rules = [
      {
        id: 'staff',
        name: 'Staff',
        when: { attribute: 'email', op: 'ends-with' as const, values: ['@shop.example'] },
        serve: { variant: 'on' },
      },
    ]
    const flag = booleanFlag('search', { fallthrough: { variant: 'off' }, rules })
    const telemetry = { flushIntervalMs: 15_000, pollIntervalMs: 30_000 }
    const snapshot = {
      schema: 1,
      project: 'shop',
      environment: 'dev',
      revision: 7,
      generatedAt: '2026-01-01T00:00:00Z',
    }
    await writeFile(file, JSON.stringify({ ...snapshot, flags: [flag], segments: [], telemetry }))
    await OpenFeature.setProviderAndWait(createFileFlags({ file }))
    expect(await client.getBooleanValue('search', false, { email: 'ada@shop.example' })).toBe(true)
    expect(await client.getBooleanValue('search', true, { email: 'ada@mail.example' })).toBe(false)
  })

  it.each(['', '[]', '{"schema":1}'])('with the content %j are refused at the start', async (text) => {
    await writeFile(file, text)
    expect(() => createFileFlags({ file })).toThrow(/JSON|snapshot/)
  })
})
