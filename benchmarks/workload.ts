/**
 * What every SDK is asked to do, described without knowing any SDK. Adapters in `sdk/` translate the
 * flags into their own configuration; the same flags and users come out of every run.
 */

/** A flag to be translated. All are boolean except `variants`. */
export type BenchFlag =
  | { readonly key: string; readonly kind: 'constant'; readonly on: boolean }
  | { readonly key: string; readonly kind: 'percentage'; readonly percent: number }
  /** The rules of `RULES` in order, else off. */
  | { readonly key: string; readonly kind: 'rules' }
  /** The objects of `VARIANTS`, a quarter of the users each. */
  | { readonly key: string; readonly kind: 'variants' }
  /** On for the members of segment `big`, else off. */
  | { readonly key: string; readonly kind: 'members' }

/** Everything that one SDK loads. */
export interface Spec {
  readonly flags: readonly BenchFlag[]
  /** Countries of segment `eu`. */
  readonly eu: readonly string[]
  /** Keys of the users in segment `big`. */
  readonly big: readonly string[]
}

/** Whom a request is about; each SDK makes its own context of it, inside the timed call. */
export interface User {
  readonly key: string
  readonly country: string
  readonly email: string
  readonly plan: string
  readonly version: string
}

/** The timed workloads. W6, start and memory, is measured apart. */
export type Workload = 'W1' | 'W2' | 'W3' | 'W4' | 'W5' | 'W7'

/** Titles for the report, in the order of measuring: W7 has flags of its own. */
export const WORKLOADS: Readonly<Record<Workload, string>> = {
  W1: 'on or off',
  W2: '50 %',
  W3: 'five rules',
  W4: 'four objects',
  W5: 'all 1,000',
  W7: 'big segment',
}

/** Four rules that nobody of the ring matches, and one that everybody does, for a quarter of them. */
export const RULES = {
  countries: ['US', 'CA', 'GB', 'DE', 'FR', 'JP', 'AU', 'BR'],
  emailEnds: ['@acme.example', '@corp.example'],
  minVersion: '3.2.0',
  plan: 'enterprise',
  percent: 25,
} as const

/** What the four variants are worth. */
export const VARIANTS = [
  { id: 'a', color: '#d7263d', limit: 10 },
  { id: 'b', color: '#f46036', limit: 20 },
  { id: 'c', color: '#2e294e', limit: 30 },
  { id: 'd', color: '#1b998b', limit: 40 },
] as const

const EU: readonly string[] = ['NL', 'SE', 'ES', 'IT', 'PL', 'BE', 'DK', 'FI']

/** Users in the ring, a power of two. */
export const USERS = 1 << 17
const MEMBERS = 100_000

/** The flags of the workloads and as many others that 1,000 or 10,000 come together: 40 % constant, 30 % percentages, 20 % rules, 10 % variants. */
export function mixedSpec(count: number): Spec {
  const flags: BenchFlag[] = [
    { key: 'w1', kind: 'constant', on: true },
    { key: 'w1off', kind: 'constant', on: false },
    { key: 'w2', kind: 'percentage', percent: 50 },
    { key: 'w3', kind: 'rules' },
    { key: 'w4', kind: 'variants' },
  ]
  for (let i = 0; flags.length < count; i++) flags.push(otherFlag(`flag-${String(i).padStart(5, '0')}`, i))
  return { flags, eu: EU, big: [] }
}

/** W7 alone. */
export function bigSpec(): Spec {
  return { flags: [{ key: 'w7', kind: 'members' }], eu: EU, big: members() }
}

function otherFlag(key: string, i: number): BenchFlag {
  const digit = i % 10
  if (digit < 4) return { key, kind: 'constant', on: digit < 3 }
  if (digit < 7) return { key, kind: 'percentage', percent: 10 + (i % 9) * 10 }
  return digit < 9 ? { key, kind: 'rules' } : { key, kind: 'variants' }
}

/** The ring: 20 ASCII characters as key, all distinct; segment `eu` and none of the first four rules. */
export function benchUsers(): User[] {
  const random = xorshift(0x5eed)
  const plans = ['free', 'pro', 'team'].map(flat)
  const countries = EU.map(flat)
  // All keys first, as if they came from somewhere else than the users.
  const keys = Array.from({ length: USERS }, (_, i) => userKey(i))
  return keys.map((key) => {
    return {
      key,
      country: countries[random() % countries.length] ?? '',
      email: flat(`${key}@mail.example`),
      plan: plans[random() % plans.length] ?? '',
      version: flat(`2.${random() % 40}.${random() % 10}`),
    }
  })
}

/** Is the user at this place of the ring a member of segment `big`? Every second one is. */
export function isMember(place: number): boolean {
  return place % 2 === 0
}

/** Half of the ring, and others who never ask. */
function members(): string[] {
  return Array.from({ length: MEMBERS }, (_, i) => userKey(i < USERS / 2 ? 2 * i : USERS / 2 + i))
}

/** Nine characters that look random, and the number. */
function userKey(i: number): string {
  const mixed = Math.imul(i + 1, 0x9e37_79b1) >>> 0
  return flat(`user-${mixed.toString(36).padStart(9, '0')}${i.toString(36).padStart(6, '0')}`)
}

/** The same text in one piece: V8 keeps a concatenation as a tree until it is first read, which would be inside the timed call. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

/** Marsaglia's 32-bit xorshift (https://doi.org/10.18637/jss.v008.i14): unsigned numbers, the same ones for the same seed. */
function xorshift(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
