/**
 * Clients that write until the server is gone, and remember what they were told.
 *
 * Each has things of its own, so what it finds later is its last acknowledged write, or the one after
 * it: the answer to that one was lost.
 */
import type { Client, Outcome } from '@flagmarshal/api'
import type { Operation } from '@flagmarshal/api/operation'

import { expectOk } from '../../../../../tests/support/server.ts'
import { newFlag } from '../flags.ts'

const project = 'shop'
const environment = 'production'

/** What was acknowledged, over all rounds. */
export interface Book {
  readonly flags: string[]
  readonly kills: string[]
  /** Flags by the Idempotency-Key that they were asked for with; answered or not. */
  readonly asked: Map<string, string>
  /** The last acknowledged revision and content of what is written again and again. */
  toggled: { readonly revision: number; readonly enabled: boolean } | undefined
  members: { readonly revision: number; readonly include: readonly string[] } | undefined
  input: { readonly revision: number; readonly reason: string } | undefined
}

/** Nothing was acknowledged yet. */
export function emptyBook(): Book {
  return { flags: [], kills: [], asked: new Map(), toggled: undefined, members: undefined, input: undefined }
}

export interface Shift {
  readonly client: Client
  /** Somebody of the feature, for the run. */
  readonly run: { readonly client: Client; readonly id: string }
  /** Names what is made in this round. */
  readonly round: string
  readonly book: Book
  /** Called at each acknowledgement. */
  readonly acknowledged: () => void
}

/** Flags and a segment that are written to in every round, and a flag for the feature. */
export async function furnish(client: Client): Promise<void> {
  for (const key of ['toggled', 'killed', 'checkout']) {
    expectOk(await client.call('createFlag', { params: { project }, body: newFlag(key) }))
  }
  expectOk(await client.call('createSegment', { params: { project }, body: { key: 'crew', name: 'Crew' } }))
}

/** All writers at once, each until the server is gone. */
export async function writeUntilGone(shift: Shift): Promise<void> {
  await Promise.all([
    createFlags(shift),
    createFlagsOnce(shift),
    toggle(shift),
    kill(shift),
    changeMembers(shift),
    giveInput(shift),
  ])
}

/** The success; undefined once the server is gone. What is too busy is asked again. */
async function answered<O extends Operation>(ask: () => Promise<Outcome<O>>) {
  for (;;) {
    const outcome = await ask()
    if (!outcome.ok && outcome.problem.code === 'unreachable') return undefined
    if (outcome.ok || outcome.problem.status !== 503) return expectOk(outcome)
  }
}

async function createFlags({ client, round, book, acknowledged }: Shift): Promise<void> {
  for (let n = 0; ; n++) {
    const body = newFlag(`${round}-flag-${n}`)
    const made = await answered(() => client.call('createFlag', { params: { project }, body }))
    if (made === undefined) return
    book.flags.push(made.key)
    acknowledged()
  }
}

async function createFlagsOnce({ client, round, book, acknowledged }: Shift): Promise<void> {
  for (let n = 0; ; n++) {
    const body = newFlag(`${round}-once-${n}`)
    const idempotencyKey = `key-of-${body.key}`
    book.asked.set(idempotencyKey, body.key)
    const made = await answered(() =>
      client.call('createFlag', { params: { project }, body, idempotencyKey }),
    )
    if (made === undefined) return
    book.flags.push(made.key)
    acknowledged()
  }
}

async function configOf(client: Client, flag: string) {
  return await answered(() => client.call('getFlagConfig', { params: { project, flag, environment } }))
}

async function setEnabled(client: Client, flag: string, revision: number, enabled: boolean) {
  const params = { project, flag, environment }
  const body = { enabled, offVariant: 'off', rules: [], fallthrough: { variant: 'on' } }
  return await answered(() => client.call('configureFlag', { params, body, ifMatch: revision }))
}

async function toggle({ client, book, acknowledged }: Shift): Promise<void> {
  let now = await configOf(client, 'toggled')
  while (now !== undefined) {
    now = await setEnabled(client, 'toggled', now.revision, !now.enabled)
    if (now === undefined) return
    book.toggled = now
    acknowledged()
  }
}

async function kill({ client, book, acknowledged }: Shift): Promise<void> {
  for (;;) {
    const now = await configOf(client, 'killed')
    if (now === undefined) return
    if (!now.enabled && (await setEnabled(client, 'killed', now.revision, true)) === undefined) return
    const params = { project, flag: 'killed', environment }
    const made = await answered(() => client.call('killFlag', { params, body: { reason: 'a test' } }))
    if (made === undefined) return
    book.kills.push(made.id)
    acknowledged()
  }
}

async function changeMembers({ client, book, acknowledged }: Shift): Promise<void> {
  const shown = await answered(() => client.call('getSegment', { params: { project, segment: 'crew' } }))
  let revision = shown?.environments.find((it) => it.environment === environment)?.revision
  while (revision !== undefined) {
    const ifMatch = revision
    const params = { project, segment: 'crew', environment }
    const body = { include: [`member-${ifMatch + 1}`] }
    const changed = await answered(() => client.call('changeSegment', { params, body, ifMatch }))
    if (changed === undefined) return
    book.members = changed
    revision = changed.revision
    acknowledged()
  }
}

async function giveInput({ run, round, book, acknowledged }: Shift): Promise<void> {
  for (let n = 0; ; n++) {
    const reason = `${round} ${n}`
    const params = { project, run: run.id, input: 'P-I9' }
    const body = { value: { mode: 'gradual', reason } }
    const given = await answered(() => run.client.call('provideInput', { params, body }))
    if (given === undefined) return
    book.input = { revision: given.revision, reason }
    acknowledged()
  }
}

/**
 * What of the book is not there, in one sentence each. What was read is as good as acknowledged: of
 * several rounds each may leave one write behind whose answer was lost.
 */
export async function missing(client: Client, run: string, book: Book): Promise<string[]> {
  const found: string[] = []
  const lack = (holds: boolean, what: string) => void (holds || found.push(what))

  const flags = new Set(
    expectOk(await client.call('listFlags', { params: { project } })).items.map((it) => it.key),
  )
  for (const key of book.flags) lack(flags.has(key), `the flag ${key} was lost`)

  const config = expectOk(
    await client.call('getFlagConfig', { params: { project, flag: 'toggled', environment } }),
  )
  const { toggled, members, input } = book
  // Each write turns the other way, so the revision tells which way it must be.
  lack(
    follows(config.revision, toggled?.revision),
    `the toggle is at ${config.revision} after ${toggled?.revision}`,
  )
  lack(
    config.enabled === (config.revision % 2 === 0),
    `the toggle at ${config.revision} is ${config.enabled}`,
  )

  const segment = expectOk(await client.call('getSegment', { params: { project, segment: 'crew' } }))
  const there = segment.environments.find((it) => it.environment === environment)
  lack(
    follows(there?.revision, members?.revision),
    `the segment is at ${there?.revision} after ${members?.revision}`,
  )
  lack(
    there?.revision === 1 || there?.include.join() === `member-${there?.revision}`,
    'the segment has other members',
  )

  const shown = expectOk(await client.call('showRun', { params: { project, run } }))
  lack(follows(shown.revision, input?.revision), `the run is at ${shown.revision} after ${input?.revision}`)
  const given = reasonOf(shown.inputs.find((it) => it.id === 'P-I9')?.value)
  const kept = input === undefined || shown.revision !== input.revision || given === input.reason
  lack(kept, `the input is ${given} after ${input?.reason}`)

  book.toggled = config
  if (there !== undefined) book.members = there
  if (given !== undefined) book.input = { revision: shown.revision, reason: given }

  for (const id of book.kills) {
    const params = { project, flag: 'killed', environment, kill: id }
    lack((await client.call('getKill', { params })).ok, `the kill ${id} was lost`)
  }
  return found
}

function reasonOf(value: unknown): string | undefined {
  const has = typeof value === 'object' && value !== null && 'reason' in value
  return has && typeof value.reason === 'string' ? value.reason : undefined
}

/** Whether it is the acknowledged revision or the next one; anything when none was acknowledged. */
function follows(revision: number | undefined, acknowledged: number | undefined): boolean {
  return acknowledged === undefined || revision === acknowledged || revision === acknowledged + 1
}

/** Asks again for everything that was asked for with a key; what is not made exactly once. */
export async function askAgain(client: Client, book: Book): Promise<string[]> {
  const found: string[] = []
  for (const [idempotencyKey, key] of book.asked) {
    const again = await client.call('createFlag', { params: { project }, body: newFlag(key), idempotencyKey })
    if (!again.ok) found.push(`${key}: ${again.problem.detail}`)
    else if (again.body.key !== key || again.status !== 201) found.push(`${key}: answered otherwise`)
  }
  return found
}
