import { HASHES } from './bucket.ts'
/**
 * Which bucketing keys an SDK reports, and as what.
 *
 * A sample-ratio check counts distinct keys per arm, so the server must recognise a key that it has
 * seen in this attempt without ever learning it. Every SDK instance must choose and hash alike; the
 * functions are therefore here. They are no protection against somebody who tries out known keys.
 */
import { absorb, finish, start } from './hash.ts'

/**
 * Seeds of three independent hash functions. None is 0, the seed of bucketing: even with the same
 * salt, whether a key is sampled tells nothing of the arm it falls into.
 */
const SEEDS = { high: 0x9e3779b1, low: 0x85ebca77, sample: 0xc2b2ae3d } as const

/** The salt of an attempt: a key has another hash in each. */
export function attemptSalt(rollout: { readonly id: string; readonly attempt: number }): string {
  return `${rollout.id}:${rollout.attempt}`
}

/**
 * The name under which a key is reported: two 32-bit murmur3 hashes of `salt + ":" + key` with
 * different seeds, as 16 hex digits. Among 20,000 keys two collide with a chance of about 1 in 10^11.
 */
export function exposureHash(salt: string, key: string): string {
  return hex(keyHash(SEEDS.high, salt, key)) + hex(keyHash(SEEDS.low, salt, key))
}

/** Is this key in the sample? `rate` is the share of keys that are, 0..1; a greater rate only adds keys. */
export function inKeySample(salt: string, key: string, rate: number): boolean {
  return keyHash(SEEDS.sample, salt, key) < rate * HASHES
}

function keyHash(seed: number, salt: string, key: string): number {
  return finish(absorb(start(seed), `${salt}:${key}`))
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, '0')
}
