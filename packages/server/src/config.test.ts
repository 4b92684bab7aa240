import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { SETTINGS } from '@flagmarshal/api/settings'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { configOf, isLoopback } from './config.ts'
import { StartFailure } from './start-failure.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'flagmarshal-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function failure(environment: Record<string, string>): string {
  try {
    configOf(environment, folder)
  } catch (error) {
    if (error instanceof StartFailure) return error.message
  }
  throw new Error('expected a StartFailure')
}

test('without any setting it runs on this machine, with its own database', () => {
  const config = configOf({}, folder)
  expect(config).toEqual({
    port: 4860,
    host: '127.0.0.1',
    dataDir: path.resolve('.flagmarshal'),
    trustedProxies: [],
    outgoingAllow: [],
    gitProtocols: ['https', 'http'],
    hookPrograms: [],
    allowedOrigins: [],
    evaluationsPerSecond: 5_000,
    upstreamKeys: [],
    edgeBufferBytes: 67_108_864,
    logLevel: 'info',
  })
  expect(Object.isFrozen(config)).toBe(true)
})

test('pages of other sites are named by their origin', () => {
  expect(
    configOf({ FLAGMARSHAL_ALLOWED_ORIGINS: 'https://shop.example, http://localhost:5173' }, folder)
      .allowedOrigins,
  ).toEqual(['https://shop.example', 'http://localhost:5173'])
  expect(configOf({ FLAGMARSHAL_ALLOWED_ORIGINS: '*' }, folder).allowedOrigins).toEqual(['*'])
  for (const origin of ['https://shop.example/', 'shop.example', 'https://shop.example/cart', 'null'])
    expect(() => configOf({ FLAGMARSHAL_ALLOWED_ORIGINS: origin }, folder)).toThrow(
      /FLAGMARSHAL_ALLOWED_ORIGINS is not usable/,
    )
})

test('the environment wins over the file, and an empty value is none', () => {
  writeFileSync(path.join(folder, 'flagmarshal.config.yaml'), 'port: 1234\nhost: 0.0.0.0\nlogLevel: warn\n')
  const config = configOf({ FLAGMARSHAL_PORT: '5678', FLAGMARSHAL_LOG_LEVEL: '' }, folder)
  expect(config).toMatchObject({ port: 5678, host: '0.0.0.0', logLevel: 'warn' })
})

test('the hosts that may be called are a list in both', () => {
  const allow = { FLAGMARSHAL_OUTGOING_ALLOW: 'jira.corp.example, 10.0.0.0/8,::1' }
  expect(configOf(allow, folder).outgoingAllow).toEqual(['jira.corp.example', '10.0.0.0/8', '::1'])
  writeFileSync(path.join(folder, 'flagmarshal.config.yaml'), 'outgoingAllow: [127.0.0.1]\n')
  expect(configOf({}, folder).outgoingAllow).toEqual(['127.0.0.1'])
})

test('the names of other programs are not its business, and neither is anything else', () => {
  expect(configOf({ FLAGMARSHAL_TOKEN: 'x', FLAGMARSHAL_SETUP: 'never', HOME: '/x' }, folder).port).toBe(4860)
  expect(Object.keys(SETTINGS)).toContain('FLAGMARSHAL_TOKEN')
})

describe('mistakes are one sentence that names the setting', () => {
  test.each([
    ['FLAGMARSHAL_PROT', '1', 'FLAGMARSHAL_PORT'],
    ['FLAGMARSHAL_DATABASE', 'x', 'FLAGMARSHAL_DATA_DIR'],
    ['FLAGMARSHAL_DATABASEURL', 'x', 'FLAGMARSHAL_DATABASE_URL'],
    ['FLAGMARSHAL_LOGLEVEL', 'x', 'FLAGMARSHAL_LOG_LEVEL'],
  ])('the name %s', (name, value, nearest) => {
    expect(failure({ [name]: value })).toBe(`${name} is no setting. Did you mean ${nearest}?`)
  })

  test.each([
    ['FLAGMARSHAL_OUTGOING_ALLOW', '10.0.0.0/33'],
    ['FLAGMARSHAL_SECRET_KEY', 'short'],
    ['FLAGMARSHAL_PORT', 'many'],
    ['FLAGMARSHAL_PORT', '70000'],
    ['FLAGMARSHAL_PORT', '1.5'],
    ['FLAGMARSHAL_DATABASE_URL', 'mysql://x'],
    ['FLAGMARSHAL_BOOTSTRAP_TOKEN', 'short'],
    ['FLAGMARSHAL_LOG_LEVEL', 'loud'],
    ['FLAGMARSHAL_PUBLIC_URL', 'ftp://x'],
  ])('the value of %s: %s', (name, value) => {
    const sentence = failure({ [name]: value })
    expect(sentence).toMatch(new RegExp(`^${name} is not usable: .+\\.$`))
  })

  test('a secret is not repeated', () => {
    const secret = 'sécret-with-an-accent'
    expect(failure({ FLAGMARSHAL_BOOTSTRAP_TOKEN: secret })).not.toContain(secret)
  })

  test.each([
    ['prot: 1', 'no setting prot'],
    ['port: many', 'port in flagmarshal.config.yaml'],
    ['[1, 2]', 'holds no settings'],
    ['a: b: c', 'cannot be read'],
  ])('the file %s', (text, words) => {
    writeFileSync(path.join(folder, 'flagmarshal.config.yaml'), text)
    expect(failure({})).toContain(words)
  })
})

test.each([
  ['127.0.0.1', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['127.example.org', false],
])('%s is loopback: %s', (host, loopback) => {
  expect(isLoopback(configOf({ FLAGMARSHAL_HOST: host }, folder))).toBe(loopback)
})

test('which proxies are believed is a list of addresses and ranges, no names', () => {
  const believed = (list: string) => configOf({ FLAGMARSHAL_TRUSTED_PROXIES: list }, folder).trustedProxies
  expect(believed('10.0.0.0/8, ::1')).toEqual(['10.0.0.0/8', '::1'])
  for (const list of ['proxy.example', '10.0.0.0/99', '*'])
    expect(() => believed(list)).toThrow(/FLAGMARSHAL_TRUSTED_PROXIES is not usable/)
})
