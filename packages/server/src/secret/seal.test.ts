/** R17: what is sealed opens with its key, for its owner, and not otherwise. */
import { createCipheriv, randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { describe, expect, test } from 'vitest'

import { configOf } from '../config.ts'
import { secretKeys } from './key.ts'
import { createSafe, keyIdOf, sealedUnder } from './seal.ts'

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
    for (const bad of [
      sealed.slice(0, -4),
      sealed.replace('v2', 'v1'),
      sealed.replace('v2', 'v3'),
      'v1.',
      'v1.AAAA',
      'v2.AAAA',
      '',
    ]) {
      expect(safe.open(bad, 'channel/shop/ops')).toBeUndefined()
    }
  })
})

describe('R17 the form that is stored', () => {
  test('R17 it names the key, by an id that says nothing of it, and a key that is not there is told apart from a wrong text', () => {
    const key = randomBytes(32)
    const sealed = createSafe([key]).seal('secret', 'x')
    expect(sealed).toMatch(/^v2\.[\da-f]{8}\.[\w+/]+=*$/)
    expect([sealedUnder(sealed), createSafe([key]).keyIds]).toEqual([keyIdOf(key), [keyIdOf(key)]])
    expect(key.toString('hex')).not.toContain(keyIdOf(key))
    expect(sealedUnder('v1.AAAA')).toBeUndefined()
  })

  test('R17 what was sealed before keys had ids opens, and is sealed anew by a rotation', () => {
    const key = randomBytes(32)
    const safe = createSafe([key])
    const before = sealedBefore(key, 'secret', 'x')
    expect(safe.open(before, 'x')).toBe('secret')
    expect(createSafe([randomBytes(32)]).open(before, 'x')).toBeUndefined()
    expect(sealedUnder(safe.reseal(before, 'x') ?? '')).toBe(keyIdOf(key))
  })
})

/** As version 0.1.0 stored it. */
function sealedBefore(key: Buffer, secret: string, owner: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner))
  const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
  return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')}`
}

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
      for (const mode of [0o644, 0o640, 0o602]) {
        await chmod(file, mode)
        await expect(secretKeys(config)).rejects.toThrow(/others \(mode 06\d\d\): run chmod 600/)
      }
      await chmod(file, 0o400)
      expect(await secretKeys(config)).toEqual([newer, made])
      await chmod(file, 0o600)
      await writeFile(file, 'nonsense')
      await expect(secretKeys(config)).rejects.toThrow(/is no key/)
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
