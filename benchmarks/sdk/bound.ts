/**
 * The lower bound: for each workload the function that a programmer would write who knew this one
 * flag. No store, no lookup, no other flag; the context is built as for everybody else.
 */
import type { Subject } from '../subject.ts'
import type { User } from '../workload.ts'

interface Context {
  readonly targetingKey: string
  readonly country: string
  readonly email: string
  readonly plan: string
  readonly version: string
}

function contextOf(user: User): Context {
  return {
    targetingKey: user.key,
    country: user.country,
    email: user.email,
    plan: user.plan,
    version: user.version,
  }
}

/** Hand-written functions. */
export const bound: Subject = {
  note: 'one function per workload; ASCII keys only; no store of flags',
  async load(flags) {
    const byKey = new Map(flags.map((flag) => [flag.key, flag]))
    // A variable that changes at the end: a flag's value is read, not compiled into the code.
    let on = true
    return {
      W1: (user) => contextOf(user).targetingKey !== undefined && on,
      W2: (user) => belowHalf(contextOf(user).targetingKey),
      any(key, user) {
        const flag = byKey.get(key)
        if (flag?.kind === 'constant') return flag.on
        if (flag?.kind === 'countries') return flag.countries.includes(user.country)
        return belowHalf(user.key)
      },
      close() {
        on = false
      },
    }
  },
}

/** The state of murmur3 after 16 bytes of salt; any number would do. */
const SALTED = 0x3c6ef372

function belowHalf(key: string): boolean {
  const length = key.length
  let h = SALTED
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const block =
      key.charCodeAt(i) |
      (key.charCodeAt(i + 1) << 8) |
      (key.charCodeAt(i + 2) << 16) |
      (key.charCodeAt(i + 3) << 24)
    h ^= scrambled(block)
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let shift = 0; i < length; i++, shift += 8) rest |= key.charCodeAt(i) << shift
  h ^= scrambled(rest) ^ (length + 16)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  // The highest bit alone decides about one half.
  return (h ^ (h >>> 16)) >= 0
}

function scrambled(block: number): number {
  const k = Math.imul(block, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}
