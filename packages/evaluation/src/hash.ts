/**
 * MurmurHash3 x86 32 over UTF-8, written so that a salt is hashed once, when a snapshot arrives.
 *
 * Source of the algorithm: https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp.
 * `absorb` takes text into a state, `finish` ends it, and `hashAfter` does both for a key. Where
 * the salt ends on a block of four bytes and the key is ASCII (our own salts and nearly every key),
 * it reads the key directly: no concatenation, no encoding, no allocation (36 ns for 20 characters
 * against 75 ns for concatenating the salt alone).
 */

const { imul } = Math

/** A hash under way: what has been absorbed so far. */
export interface HashState {
  /** State after the whole blocks, as a signed 32-bit integer. */
  readonly hash: number
  /** The up to three bytes after the last whole block, little-endian. */
  readonly rest: number
  /** Bytes absorbed. */
  readonly length: number
}

/** The empty state. Two seeds give two hash functions. */
export function start(seed = 0): HashState {
  return { hash: seed | 0, rest: 0, length: 0 }
}

/** The state after more text, as UTF-8; a lone surrogate counts as U+FFFD, as in TextEncoder. */
export function absorb(state: HashState, text: string): HashState {
  let { hash, rest, length } = state
  for (let i = 0; i < text.length; i++) {
    let point = text.codePointAt(i) ?? 0
    if (point > 0xffff) i++
    else if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd

    const top = topShift(point)
    for (let shift = top; shift >= 0; shift -= 6) {
      const byte = shift === top ? leadByte(point, top) : 0x80 | ((point >> shift) & 0x3f)
      rest |= byte << ((length & 3) * 8)
      length++
      if ((length & 3) === 0) {
        hash = mixBlock(hash, rest)
        rest = 0
      }
    }
  }
  return { hash, rest, length }
}

/** The hash of everything absorbed: 0..2^32-1. */
export function finish(state: HashState): number {
  return avalanche(state.hash ^ scramble(state.rest) ^ state.length)
}

/**
 * The hash of the salt's state followed by a key, 0..2^32-1, as a function to keep. It allocates nothing
 * for an ASCII key after a salt of whole blocks.
 */
export function hashAfter(salt: HashState): (key: string) => number {
  const general = (key: string): number => finish(absorb(salt, key))
  if ((salt.length & 3) !== 0) return general
  const { hash: salted, length: before } = salt

  return (key) => {
    const whole = key.length & ~3
    let hash = salted
    // Every code unit is gathered here, so that one comparison at the end tells ASCII from the rest.
    let seen = 0
    let i = 0
    while (i < whole) {
      const a = key.charCodeAt(i++)
      const b = key.charCodeAt(i++)
      const c = key.charCodeAt(i++)
      const d = key.charCodeAt(i++)
      seen |= a | b | c | d
      hash = mixBlock(hash, a | (b << 8) | (c << 16) | (d << 24))
    }
    let rest = 0
    for (let shift = 0; i < key.length; shift += 8) {
      const unit = key.charCodeAt(i++)
      seen |= unit
      rest |= unit << shift
    }
    return seen > 0x7f ? general(key) : avalanche(hash ^ scramble(rest) ^ (before + i))
  }
}

/** The text's UTF-8 bytes, as `absorb` sees them. */
export function utf8(text: string): number[] {
  const bytes: number[] = []
  for (const char of text) {
    let point = char.codePointAt(0) ?? 0
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd
    const top = topShift(point)
    for (let shift = top; shift >= 0; shift -= 6)
      bytes.push(shift === top ? leadByte(point, top) : 0x80 | ((point >> shift) & 0x3f))
  }
  return bytes
}

/** How far the first UTF-8 byte of a code point is shifted: 0, 6, 12 or 18. */
function topShift(point: number): number {
  if (point < 0x80) return 0
  if (point < 0x800) return 6
  return point < 0x1_0000 ? 12 : 18
}

function leadByte(point: number, top: number): number {
  if (top === 0) return point
  // 110xxxxx, 1110xxxx, 11110xxx for two, three and four bytes.
  return ((0xff00 >> (top / 6 + 1)) & 0xff) | (point >> top)
}

function scramble(block: number): number {
  const k = imul(block, 0xcc9e2d51)
  return imul((k << 15) | (k >>> 17), 0x1b873593)
}

function mixBlock(hash: number, block: number): number {
  const h = hash ^ scramble(block)
  return (imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

function avalanche(hash: number): number {
  let h = hash
  h = imul(h ^ (h >>> 16), 0x85ebca6b)
  h = imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
