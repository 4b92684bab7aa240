/**
 * The flags and users of the measurements, alike for the server and for what it is measured against.
 * Of each ten flags: three are on, one is off, three are on for half of all users, two for half of
 * the Nordic users of one plan, and one has three variants.
 */
import type { Client, Outcome } from '@flagmarshal/api'
import type { FlagConfigChange, NewFlag } from '@flagmarshal/api/flag'
import type { Operation } from '@flagmarshal/api/operation'
import type { z } from 'zod'

/** How a flag decides. */
export type Kind = 'on' | 'off' | 'half' | 'nordic-half' | 'three'

export interface BenchFlag {
  readonly key: string
  readonly kind: Kind
}

export interface User {
  readonly targetingKey: string
  readonly sessionId: string
  readonly country: string
  readonly plan: string
}

/** The environment that is measured: nothing in it needs an approval. */
export const ENVIRONMENT = 'development'

export const NORDIC = ['NO', 'SE', 'DK']
const KINDS: readonly Kind[] = [
  'on',
  'on',
  'on',
  'off',
  'half',
  'half',
  'half',
  'nordic-half',
  'nordic-half',
  'three',
]
const COUNTRIES = ['NO', 'SE', 'DK', 'US', 'DE', 'FR']
const PLANS = ['free', 'pro', 'team']

export function benchFlags(count: number): BenchFlag[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `flag-${String(index).padStart(4, '0')}`,
    kind: KINDS[index % KINDS.length] ?? 'on',
  }))
}

export function benchUsers(count: number): User[] {
  return Array.from({ length: count }, (_, index) => ({
    targetingKey: `user-${index}`,
    sessionId: `s-${(index * 7_919) % 100_003}`,
    country: COUNTRIES[index % COUNTRIES.length] ?? 'NO',
    plan: PLANS[(index >> 2) % PLANS.length] ?? 'free',
  }))
}

/** What a flag is stored as. */
export function flagBody({ key, kind }: BenchFlag): z.input<typeof NewFlag> {
  const variants = kind === 'three' ? { a: 'a', b: 'b', c: 'c' } : { on: true, off: false }
  return {
    key,
    name: key,
    kind: 'release',
    valueType: kind === 'three' ? 'string' : 'boolean',
    variants,
    offVariant: kind === 'three' ? 'a' : 'off',
    layers: ['backend'],
    owner: 'bench',
  }
}

/** What the environment serves of it. */
export function configBody({ key, kind }: BenchFlag): z.input<typeof FlagConfigChange> {
  const salt = `${key}-salt-salt`.slice(0, 15)
  const half = { allocation: { salt, ranges: [{ from: 0, to: 50_000, variant: 'on' }] } }
  const nordic = {
    name: 'Nordic pro',
    when: {
      all: [
        { attribute: 'country', op: 'in' as const, values: NORDIC },
        { attribute: 'plan', op: 'in' as const, values: ['pro'] },
      ],
    },
    serve: half,
  }
  const three = {
    allocation: {
      salt,
      ranges: [
        { from: 0, to: 34_000, variant: 'a' },
        { from: 34_000, to: 67_000, variant: 'b' },
        { from: 67_000, to: 100_000, variant: 'c' },
      ],
    },
  }
  return {
    enabled: kind !== 'off',
    offVariant: kind === 'three' ? 'a' : 'off',
    rules: kind === 'nordic-half' ? [nordic] : [],
    fallthrough:
      kind === 'half' ? half : kind === 'three' ? three : { variant: kind === 'nordic-half' ? 'off' : 'on' },
  }
}

/** Makes a project with these flags, on in its environment, and answers a key to it. */
export async function seed(admin: Client, project: string, count: number): Promise<string> {
  ok(await admin.call('createProject', { body: { key: project, name: project } }))
  await several(benchFlags(count), 8, async (flag) => {
    ok(await admin.call('createFlag', { params: { project }, body: flagBody(flag) }))
    const params = { project, flag: flag.key, environment: ENVIRONMENT }
    ok(await admin.call('configureFlag', { params, body: configBody(flag), ifMatch: 1 }))
  })
  return await newKey(admin, project)
}

/** A new SDK key. */
export async function newKey(admin: Client, project: string): Promise<string> {
  const body = { kind: 'server' as const, environment: ENVIRONMENT, name: 'bench' }
  return ok(await admin.call('createKey', { params: { project }, body })).key
}

/** Replaces what the environment serves of a flag; answers the revision of the environment. */
export async function configure(
  admin: Client,
  project: string,
  flag: string,
  body: z.input<typeof FlagConfigChange>,
): Promise<number> {
  const params = { project, flag, environment: ENVIRONMENT }
  const { revision } = ok(await admin.call('getFlagConfig', { params }))
  return ok(await admin.call('configureFlag', { params, body, ifMatch: revision })).environmentRevision
}

/** The body of an answer that must be a success. */
export function ok<O extends Operation>(
  outcome: Outcome<O>,
): Extract<Outcome<O>, { readonly ok: true }>['body'] {
  if (outcome.ok) return outcome.body
  throw new Error(`expected success, got ${JSON.stringify(outcome.problem)}`)
}

/** Does something with each, so many at a time. */
export async function several<T>(
  things: readonly T[],
  atOnce: number,
  work: (thing: T, worker: number) => Promise<void>,
): Promise<void> {
  const rest = things.values()
  await Promise.all(
    Array.from({ length: atOnce }, async (_, worker) => {
      for (const thing of rest) await work(thing, worker)
    }),
  )
}
