import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import * as fc from 'fast-check'
import murmurhash from 'murmurhash'
import { describe, expect, test } from 'vitest'

import { absorb, finish, hashAfter, start } from './hash.ts'

/** Made with the npm package `murmurhash` 2.0.1. */
const GOLDEN: readonly { readonly text: string; readonly seed: number; readonly hash: number }[] = [
  { text: '', seed: 0, hash: 0 },
  { text: '', seed: 1, hash: 1364076727 },
  { text: 'a', seed: 0, hash: 1009084850 },
  { text: 'ab', seed: 0, hash: 2613040991 },
  { text: 'abc', seed: 0, hash: 3017643002 },
  { text: 'abcd', seed: 0, hash: 1139631978 },
  { text: 'hello', seed: 2538058380, hash: 1568626408 },
  { text: 'é', seed: 0, hash: 269551495 },
  { text: 'The quick brown fox jumps over the lazy dog', seed: 2538058380, hash: 799549133 },
  { text: '日本語', seed: 7, hash: 1862132248 },
  { text: '😀', seed: 0, hash: 3199479546 },
  { text: '\ud800', seed: 0, hash: 3063719617 },
  { text: '\udc00x', seed: 0, hash: 1125826721 },
]

const VECTORS = resolve(
  process.env.FLAGMARSHAL_CONFORMANCE_DIR ?? '../shared',
  'conformance/primitives/murmur3-32.csv',
)

/** Any text, lone surrogates included. */
const anyText = fc.string({ unit: 'binary', maxLength: 40 })
const seed = fc.integer({ min: 0, max: 0xffff_ffff })

function murmur3(text: string, from: number): number {
  return finish(absorb(start(from), text))
}

describe('murmur3', () => {
  test.each(GOLDEN)('of $text with seed $seed is $hash', ({ text, seed: from, hash }) => {
    expect(murmur3(text, from)).toBe(hash)
  })

  test('agrees with the npm package murmurhash on any text and seed', () => {
    const property = fc.property(anyText, seed, (text, from) => {
      expect(murmur3(text, from)).toBe(murmurhash.v3(text, from))
    })
    fc.assert(property, { seed: 1, numRuns: 2_000 })
  })

  test.skipIf(!existsSync(VECTORS))(
    'agrees with the public vectors in conformance/primitives/murmur3-32.csv',
    () => {
      const lines = readFileSync(VECTORS, 'utf8').trim().split('\n')
      const wrong = lines.filter((line) => {
        const [from, text = '', hash] = line.split(',')
        return murmur3(text, Number(from)) !== Number(hash)
      })
      expect(lines.length).toBeGreaterThan(900)
      expect(wrong).toEqual([])
    },
  )
})

describe('a salt hashed in advance', () => {
  test('gives the hash of salt and key written one after the other', () => {
    // Whole code points, because a surrogate pair cut in two is two lone surrogates.
    const wellFormed = fc.string({ unit: 'grapheme', maxLength: 30 })
    const property = fc.property(wellFormed, wellFormed, seed, (salt, key, from) => {
      expect(hashAfter(absorb(start(from), salt))(key)).toBe(murmurhash.v3(salt + key, from))
    })
    fc.assert(property, { seed: 2, numRuns: 2_000 })
  })

  test('takes the fast way after whole blocks to the same hash as the general one', () => {
    const salt = absorb(start(), 'fifteen-letters:')
    const property = fc.property(anyText, (key) => {
      expect(hashAfter(salt)(key)).toBe(finish(absorb(salt, key)))
    })
    fc.assert(property, { seed: 3, numRuns: 2_000 })
  })
})
