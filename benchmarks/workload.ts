/**
 * What every SDK is asked to do, described without knowing any SDK: 1,000 flags and 131,072 users.
 *
 * W1 is a boolean flag without rules, W2 a 50 % rollout; both among 998 other flags, and with a new
 * user for each call. Adapters in `sdk/` translate the flags into their own configuration.
 */

/** A flag to be translated. All are boolean. */
export type BenchFlag =
  | { readonly key: string; readonly kind: 'constant'; readonly on: boolean }
  | { readonly key: string; readonly kind: 'percentage'; readonly percent: number }
  /** On for the users of these countries, else off. */
  | { readonly key: string; readonly kind: 'countries'; readonly countries: readonly string[] }

/** Whom a request is about; each SDK makes its own context of it, inside the timed call. */
export interface User {
  readonly key: string
  readonly country: string
  readonly email: string
  readonly plan: string
  readonly version: string
}

/** The workloads of this version. */
export type Workload = 'W1' | 'W2'

/** Titles for the report. */
export const WORKLOADS: Readonly<Record<Workload, string>> = {
  W1: 'boolean flag, no rules',
  W2: '50 % of users',
}

/** Workloads of the same suite that are not measured yet. */
export const NOT_IN_THIS_VERSION: Readonly<Record<string, string>> = {
  W3: 'five rules',
  W4: 'four variants with object values',
  W5: 'all flags for one user',
  W7: 'a segment of 100,000 users',
}

/** Users in the ring, a power of two. */
export const USERS = 1 << 17

/** 1,000 flags: `w1` on, `w1off` off, `w2` for half of the users, and others of which 40 % are constant, 40 % percentages and 20 % rules. */
export function benchFlags(): BenchFlag[] {
  const flags: BenchFlag[] = [
    { key: 'w1', kind: 'constant', on: true },
    { key: 'w1off', kind: 'constant', on: false },
    { key: 'w2', kind: 'percentage', percent: 50 },
  ]
  for (let i = 0; flags.length < 1_000; i++)
    flags.push(otherFlag(`flag-${String(i).padStart(4, '0')}`, i % 10))
  return flags
}

function otherFlag(key: string, digit: number): BenchFlag {
  if (digit < 4) return { key, kind: 'constant', on: digit < 3 }
  if (digit < 8) return { key, kind: 'percentage', percent: digit * 10 }
  return { key, kind: 'countries', countries: ['DE', 'FR', 'GB', 'JP', 'US', 'BR', 'CA', 'AU'] }
}

/** The ring of users, the same in every run. Keys are 20 ASCII characters, all distinct. */
export function benchUsers(): User[] {
  const random = xorshift(0x5eed)
  const pick = (choices: readonly string[]): string => choices[random() % choices.length] ?? ''
  return Array.from({ length: USERS }, (_, i) => {
    const key = flat(
      `user-${(random() % 36 ** 5).toString(36).padStart(5, '0')}${String(i).padStart(10, '0')}`,
    )
    return {
      key,
      country: pick(['DE', 'NL', 'SE', 'US', 'ES', 'IT', 'JP', 'PL']),
      email: flat(`${key}@mail.example`),
      plan: pick(['free', 'pro', 'team']),
      version: flat(`2.${random() % 40}.${random() % 10}`),
    }
  })
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
