/**
 * MurmurHash3 x86 32 over UTF-8, written so that a salt is hashed once, when a snapshot arrives.
 *
 * Source of the algorithm: https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp.
 * `absorb` takes text into a state, `finish` ends it, and `hashWithSalt` does both for a key. Where
 * the salt ends on a block of four bytes and the key is ASCII (our own salts and nearly every key),
 * it reads the key directly: no concatenation, no encoding, no allocation (36 ns for 20 characters
 * against 75 ns for concatenating the salt alone).
 */

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

/** The hash of the salt's state followed by the key: 0..2^32-1. Allocates nothing for an ASCII key after a salt of whole blocks. */
export function hashWithSalt(salt: HashState, key: string): number {
  if ((salt.length & 3) !== 0) return finish(absorb(salt, key))

  const length = key.length
  const whole = length & ~3
  let hash = salt.hash
  // Every code unit is gathered here, so that one comparison at the end tells ASCII from the rest.
  let seen = 0
  for (let i = 0; i < whole; i += 4) {
    const a = key.charCodeAt(i)
    const b = key.charCodeAt(i + 1)
    const c = key.charCodeAt(i + 2)
    const d = key.charCodeAt(i + 3)
    seen |= a | b | c | d
    hash = mixBlock(hash, a | (b << 8) | (c << 16) | (d << 24))
  }
  let rest = 0
  for (let i = length - 1; i >= whole; i--) {
    const unit = key.charCodeAt(i)
    seen |= unit
    rest = (rest << 8) | unit
  }
  if (seen > 0x7f) return finish(absorb(salt, key))
  return avalanche(hash ^ scramble(rest) ^ (salt.length + length))
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
  const k = Math.imul(block, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

function mixBlock(hash: number, block: number): number {
  const h = hash ^ scramble(block)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

function avalanche(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
