import murmurhash from 'murmurhash'
import { describe, expect, test } from 'vitest'

import { bucket } from './bucket.ts'
import { attemptSalt, exposureHash, inKeySample } from './key-sample.ts'

const KEYS = Array.from({ length: 50_000 }, (_, i) => `user-${i}`)
const SALT = attemptSalt({ id: 'r1', attempt: 1 })

describe('the hash of a reported key', () => {
  test('is fixed: two murmur3 hashes with different seeds, as 16 hex digits', () => {
    // Made with the npm package `murmurhash` 2.0.1.
    expect(exposureHash('r1:1', 'user-1')).toBe('6fcb7aefbade441f')
    const [high, low] = [0x9e3779b1, 0x85ebca77].map((seed) => murmurhash.v3('r1:1:Ünï', seed).toString(16))
    expect(exposureHash('r1:1', 'Ünï')).toBe(`${high?.padStart(8, '0')}${low?.padStart(8, '0')}`)
  })

  test('differs for every key, and for every attempt of the same key', () => {
    const next = attemptSalt({ id: 'r1', attempt: 2 })
    const hashes = new Set(KEYS.flatMap((key) => [exposureHash(SALT, key), exposureHash(next, key)]))
    expect(hashes.size).toBe(2 * KEYS.length)
    expect([...hashes].filter((hash) => !/^[0-9a-f]{16}$/.test(hash))).toEqual([])
  })
})

describe('the sample of keys', () => {
  test.each([0.01, 0.1, 0.5])('holds the share %s of them', (rate) => {
    const sampled = KEYS.filter((key) => inKeySample(SALT, key, rate)).length
    const deviation = Math.sqrt(KEYS.length * rate * (1 - rate))
    expect(Math.abs(sampled - KEYS.length * rate)).toBeLessThan(5 * deviation)
  })

  test('is empty at 0 and everybody at 1', () => {
    expect(KEYS.some((key) => inKeySample(SALT, key, 0))).toBe(false)
    expect(KEYS.every((key) => inKeySample(SALT, key, 1))).toBe(true)
  })

  test('only grows with its rate', () => {
    const lost = KEYS.filter((key) => inKeySample(SALT, key, 0.2) && !inKeySample(SALT, key, 0.3))
    expect(lost).toEqual([])
  })

  test('says nothing about the arm, not even if the salts were the same', () => {
    const sampled = KEYS.filter((key) => inKeySample(SALT, key, 0.3))
    const exposed = sampled.filter((key) => bucket('murmur3', SALT, key) < 50_000).length
    expect(Math.abs(exposed - sampled.length / 2)).toBeLessThan(5 * Math.sqrt(sampled.length / 4))
  })
})
