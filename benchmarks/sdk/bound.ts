/**
 * The lower bound: for each workload the function that a programmer would write who knew this one
 * flag. No store, no lookup by key, no other flag; the context is built as for everybody else.
 */
import type { Calls, Subject } from '../subject.ts'
import { RULES, VARIANTS } from '../workload.ts'
import type { BenchFlag, Spec } from '../workload.ts'
import { contextOf } from './context.ts'

type Context = ReturnType<typeof contextOf>

/** Hand-written functions. */
export const bound: Subject = {
  note: 'one function per workload; ASCII keys and plain versions only; W5 is one loop over typed arrays',
  translate: (spec) => spec,
  load(text) {
    const spec: Spec = JSON.parse(text)
    const eu = new Set(spec.eu)
    const big = new Set(spec.big)
    // Set twice, so that V8 reads them as variables and does not compile their values into the code.
    let on = false
    let off = true
    on = true
    off = false
    const isEarly = earlyRules()
    const [second, third, fourth] = [salted('w2'), salted('w3'), salted('w4')]
    const quarter = thresholdOf(RULES.percent)
    return {
      w1: (user) => contextOf(user).targetingKey !== '' && on,
      w1off: () => off,
      w2: (user) => hash(contextOf(user).targetingKey, second) < 2 ** 31,
      w3: (user) => {
        const context = contextOf(user)
        return isEarly(context) || (eu.has(context.country) && hash(context.targetingKey, third) < quarter)
      },
      w4: (user) => VARIANTS[hash(contextOf(user).targetingKey, fourth) >>> 30],
      w5: { call: allFlags(spec, isEarly, eu), ...placesOf(spec) },
      w7: (user) => big.has(contextOf(user).targetingKey),
    }
  },
}

/** The rules before the one with the percentage. */
function earlyRules(): (context: Context) => boolean {
  const countries = new Set<string>(RULES.countries)
  const [firstEnd, secondEnd] = RULES.emailEnds
  const min = packed(RULES.minVersion)
  const { plan } = RULES
  return (context) =>
    countries.has(context.country) ||
    context.email.endsWith(firstEnd) ||
    context.email.endsWith(secondEnd) ||
    packed(context.version) >= min ||
    context.plan === plan
}

/** Every flag in one loop; what the rules say of the user is worked out once. */
function allFlags(
  { flags }: Spec,
  isEarly: (context: Context) => boolean,
  eu: ReadonlySet<string>,
): (user: Parameters<typeof contextOf>[0]) => unknown[] {
  const kinds = Uint8Array.from(flags, ({ kind }) => KINDS.indexOf(kind))
  const salts = Int32Array.from(flags, ({ key }) => salted(key))
  const below = Float64Array.from(flags, numberOf)
  const quarter = thresholdOf(RULES.percent)
  const places = flags.map((): unknown => undefined)
  return (user) => {
    const context = contextOf(user)
    const key = context.targetingKey
    const early = isEarly(context)
    const inEurope = eu.has(context.country)
    const values = places.slice()
    for (let i = 0; i < kinds.length; i++) {
      const salt = salts[i] ?? 0
      const kind = kinds[i]
      if (kind === 0) values[i] = below[i] === 1
      else if (kind === 1) values[i] = hash(key, salt) < (below[i] ?? 0)
      else if (kind === 2) values[i] = early || (inEurope && hash(key, salt) < quarter)
      else values[i] = VARIANTS[hash(key, salt) >>> 30]
    }
    return values
  }
}

const KINDS: readonly BenchFlag['kind'][] = ['constant', 'percentage', 'rules', 'variants']

function numberOf(flag: BenchFlag): number {
  if (flag.kind === 'constant') return flag.on ? 1 : 0
  return flag.kind === 'percentage' ? thresholdOf(flag.percent) : 0
}

function placesOf({ flags }: Spec): Omit<NonNullable<Calls['w5']>, 'call'> {
  const places = new Map(flags.map(({ key }, place) => [key, place]))
  return {
    count: (all) => (all as readonly unknown[]).length,
    get: (all, key) => (all as readonly unknown[])[places.get(key) ?? -1],
  }
}

function thresholdOf(percent: number): number {
  return Math.floor((percent / 100) * 2 ** 32)
}

/** The state of murmur3 after a flag's salt of 16 characters, whose end does not count. */
function salted(key: string): number {
  const salt = key.padEnd(16, '.').slice(-16)
  let h = 0
  for (let i = 0; i < 16; i += 4) {
    let k =
      salt.charCodeAt(i) |
      (salt.charCodeAt(i + 1) << 8) |
      (salt.charCodeAt(i + 2) << 16) |
      (salt.charCodeAt(i + 3) << 24)
    k = Math.imul(k, 0xcc9e2d51)
    k = (k << 15) | (k >>> 17)
    h ^= Math.imul(k, 0x1b873593)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  return h
}

/**
 * murmur3 of an ASCII text, laid out as in its author's C++: blocks, tail, end. `state` and `before` are
 * those of a salt of whole blocks.
 */
function hash(text: string, state = 0, before = 16): number {
  const length = text.length
  const blocks = length & ~3
  let h = state | 0
  let i = 0
  for (; i < blocks; i += 4) {
    let k =
      text.charCodeAt(i) |
      (text.charCodeAt(i + 1) << 8) |
      (text.charCodeAt(i + 2) << 16) |
      (text.charCodeAt(i + 3) << 24)
    k = Math.imul(k, 0xcc9e2d51)
    k = (k << 15) | (k >>> 17)
    h ^= Math.imul(k, 0x1b873593)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  const tail = length & 3
  if (tail > 0) {
    let k = text.charCodeAt(i)
    if (tail > 1) k |= text.charCodeAt(i + 1) << 8
    if (tail > 2) k |= text.charCodeAt(i + 2) << 16
    k = Math.imul(k, 0xcc9e2d51)
    k = (k << 15) | (k >>> 17)
    h ^= Math.imul(k, 0x1b873593)
  }
  h ^= length + before
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return h >>> 0
}

/** `major.minor.patch` as one number; -1 for anything else. */
function packed(version: string): number {
  let parts = 0
  let part = 0
  let all = 0
  for (let i = 0; i < version.length; i++) {
    const unit = version.charCodeAt(i)
    if (unit === 0x2e) {
      all = all * 65_536 + part
      part = 0
      parts++
    } else if (unit >= 0x30 && unit <= 0x39) part = part * 10 + unit - 0x30
    else return -1
  }
  return parts === 2 ? all * 65_536 + part : -1
}
