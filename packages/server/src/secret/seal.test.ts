/** R17: what is sealed opens with its key, for its owner, and not otherwise. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { describe, expect, test } from 'vitest'

import { configOf } from '../config.ts'
import { secretKeys } from './key.ts'
import { createSafe } from './seal.ts'

describe('R17 sealing', () => {
  const safe = createSafe([randomBytes(32)])

  test('a secret opens for its owner, is not in the text, and is sealed differently each time', () => {
    const sealed = safe.seal('trés secret', 'channel/shop/ops')
    expect(safe.open(sealed, 'channel/shop/ops')).toBe('trés secret')
    expect(sealed).not.toContain('secret')
    expect(safe.seal('trés secret', 'channel/shop/ops')).not.toBe(sealed)
  })

  test('with another key, for another owner, or changed, it does not open', () => {
    const sealed = safe.seal('secret', 'channel/shop/ops')
    expect(createSafe([randomBytes(32)]).open(sealed, 'channel/shop/ops')).toBeUndefined()
    expect(safe.open(sealed, 'channel/shop/dev')).toBeUndefined()
    for (const bad of [sealed.slice(0, -4), sealed.replace('v1', 'v2'), 'v1.', 'v1.AAAA', '']) {
      expect(safe.open(bad, 'channel/shop/ops')).toBeUndefined()
    }
  })
})

describe('R17 rotation', () => {
  test('a newer key opens what an older one sealed, and seals it anew once', () => {
    const [older, newer] = [randomBytes(32), randomBytes(32)]
    const sealed = createSafe([older]).seal('secret', 'x')
    const both = createSafe([newer, older])
    expect(both.open(sealed, 'x')).toBe('secret')
    const anew = both.reseal(sealed, 'x') ?? ''
    expect(createSafe([newer]).open(anew, 'x')).toBe('secret')
    expect(createSafe([older]).open(anew, 'x')).toBeUndefined()
    expect(both.reseal(anew, 'x')).toBeUndefined()
    expect(createSafe([newer]).reseal(sealed, 'x')).toBeUndefined()
  })
})

describe('R17 the key', () => {
  test('is made once, kept for this user only, and comes from the settings where they have it', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-key-'))
    try {
      const config = configOf({ FLAGMARSHAL_DATA_DIR: dir }, dir)
      const [made] = await secretKeys(config)
      expect(made).toHaveLength(32)
      expect(await secretKeys(config)).toEqual([made])
      const file = path.join(dir, 'secret-key')
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      expect(Buffer.from((await readFile(file, 'utf8')).trim(), 'base64')).toEqual(made)

      const given = randomBytes(32)
      for (const text of [given.toString('base64'), given.toString('hex')]) {
        const settings = { FLAGMARSHAL_DATA_DIR: dir, FLAGMARSHAL_SECRET_KEY: text }
        expect(await secretKeys(configOf(settings, dir))).toEqual([given])
      }
      const newer = randomBytes(32)
      await writeFile(file, `${newer.toString('hex')}\n${made.toString('base64')}\n`)
      expect(await secretKeys(config)).toEqual([newer, made])
      const both = { FLAGMARSHAL_SECRET_KEY: `${newer.toString('base64')},${given.toString('hex')}` }
      expect(await secretKeys(configOf(both, dir))).toEqual([newer, given])
      await writeFile(file, 'nonsense')
      await expect(secretKeys(config)).rejects.toThrow(/is no key/)
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
