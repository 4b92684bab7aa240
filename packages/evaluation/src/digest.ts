/**
 * The hash functions of other vendors, reached by imported allocations only: FNV-1a, SHA-1, MD5.
 *
 * They choose buckets and protect nothing. Written here because the engine has no dependency and
 * runs where there is no synchronous cryptography (browsers, workers).
 */
import { utf8 } from './hash.ts'

/** FNV-1a over UTF-16 units, as GrowthBook has it: 0..2^32-1. Source: http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** The same of the text's UTF-8 bytes. */
export function fnv1a32Utf8(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of utf8(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** SHA-1 (RFC 3174) of the text's UTF-8 bytes: five 32-bit words. */
export function sha1(text: string): readonly number[] {
  const words = padded(utf8(text), 'big')
  let a = 0x67452301
  let b = 0xefcdab89 | 0
  let c = 0x98badcfe | 0
  let d = 0x10325476
  let e = 0xc3d2e1f0 | 0
  const w = new Int32Array(80)
  for (let block = 0; block < words.length; block += 16) {
    for (let i = 0; i < 80; i++) {
      w[i] =
        i < 16
          ? (words[block + i] ?? 0)
          : rotated((w[i - 3] ?? 0) ^ (w[i - 8] ?? 0) ^ (w[i - 14] ?? 0) ^ (w[i - 16] ?? 0), 1)
    }
    const [a0, b0, c0, d0, e0] = [a, b, c, d, e]
    for (let i = 0; i < 80; i++) {
      const next = (rotated(a, 5) + sha1Round(i, b, c, d) + e + (w[i] ?? 0)) | 0
      e = d
      d = c
      c = rotated(b, 30)
      b = a
      a = next
    }
    a = (a + a0) | 0
    b = (b + b0) | 0
    c = (c + c0) | 0
    d = (d + d0) | 0
    e = (e + e0) | 0
  }
  return [a >>> 0, b >>> 0, c >>> 0, d >>> 0, e >>> 0]
}

function sha1Round(i: number, b: number, c: number, d: number): number {
  if (i < 20) return ((b & c) | (~b & d)) + 0x5a827999
  if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1
  if (i < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
  return (b ^ c ^ d) + 0xca62c1d6
}

const MD5_SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21] as const
const MD5_CONSTANTS = Int32Array.from({ length: 64 }, (_, i) =>
  Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32),
)

/** MD5 (RFC 1321) of the text's UTF-8 bytes: four 32-bit words in the order of its hex digits. */
export function md5(text: string): readonly number[] {
  const words = padded(utf8(text), 'little')
  let a = 0x67452301
  let b = 0xefcdab89 | 0
  let c = 0x98badcfe | 0
  let d = 0x10325476
  for (let block = 0; block < words.length; block += 16) {
    const [a0, b0, c0, d0] = [a, b, c, d]
    for (let i = 0; i < 64; i++) {
      const [mixed, from] = md5Round(i, b, c, d)
      const sum = (a + mixed + (MD5_CONSTANTS[i] ?? 0) + (words[block + from] ?? 0)) | 0
      a = d
      d = c
      c = b
      b = (b + rotated(sum, MD5_SHIFTS[(i >> 4) * 4 + (i & 3)] ?? 0)) | 0
    }
    a = (a + a0) | 0
    b = (b + b0) | 0
    c = (c + c0) | 0
    d = (d + d0) | 0
  }
  return [a, b, c, d].map(swapped)
}

/** The mixed value of a step, and which word of the block it takes. */
function md5Round(i: number, b: number, c: number, d: number): readonly [number, number] {
  if (i < 16) return [(b & c) | (~b & d), i]
  if (i < 32) return [(d & b) | (~d & c), (5 * i + 1) & 15]
  if (i < 48) return [b ^ c ^ d, (3 * i + 5) & 15]
  return [c ^ (b | ~d), (7 * i) & 15]
}

/** Bytes as 32-bit words, closed with a bit, zeros and the length in bits, to whole blocks of 16 words. */
function padded(bytes: readonly number[], order: 'big' | 'little'): Int32Array {
  const words = new Int32Array((((bytes.length + 8) >> 6) + 1) * 16)
  const shift = (at: number): number => (order === 'big' ? 24 - (at & 3) * 8 : (at & 3) * 8)
  for (const [at, byte] of [...bytes, 0x80].entries()) {
    words[at >> 2] = (words[at >> 2] ?? 0) | (byte << shift(at))
  }
  // Texts are far shorter than 2^29 bytes: the upper half of the length is zero.
  words[words.length - (order === 'big' ? 1 : 2)] = bytes.length * 8
  return words
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}
