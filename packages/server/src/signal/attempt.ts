/**
 * One attempt to deliver: sent outside of any transaction, then what became of it is kept. A server
 * that dies between the two leaves a claim that ends by itself; the message is then sent again with
 * the same id.
 */
import { nextOf } from '@flagmarshal/domain/signal/retry'
import { SIGNAL_TYPES } from '@flagmarshal/domain/signal/signal'

import { record } from '../audit/record.ts'
import type { Clock } from '../clock.ts'
import { system } from '../context.ts'
import type { Log } from '../context.ts'
import { evidenceHash, keepEvidence } from '../evidence/keep.ts'
import { newId } from '../id.ts'
import type { Notify, Sent } from '../integrations/interfaces.ts'
import type { Safe } from '../secret/seal.ts'
import { channelOwner } from '../secret/seal.ts'
import { lockChannel, selectChannel, updateChannel } from '../storage/channels.ts'
import type { ChannelRow } from '../storage/channels.ts'
import type { Database, Tx } from '../storage/database.ts'
import { settleDelivery } from '../storage/deliveries.ts'
import type { ClaimedDelivery } from '../storage/deliveries.ts'
import type { SignalTables } from '../storage/tables/signal.ts'
import { messageOf } from './message.ts'
import type { SignalMetrics } from './metrics.ts'

/** Longest time for all that one delivery asks of its receiver. */
export const ATTEMPT_MS = 20_000

/** Signals whose deliveries are evidence. */
const EXITS: ReadonlySet<string> = new Set([
  SIGNAL_TYPES.completed,
  SIGNAL_TYPES.aborted,
  SIGNAL_TYPES.blocked,
])

/** Channels whose readers are those who are meant to act: their messages open the kill page. */
const READ_BY_PEOPLE: ReadonlySet<ChannelRow['kind']> = new Set(['slack', 'pagerduty', 'mail'])

export interface SignalParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly safe: Safe
  readonly notifiers: Readonly<Record<SignalTables['channels']['kind'], Notify>>
  /** Told of each attempt. */
  readonly metrics: SignalMetrics
  /** Where people reach this server. */
  readonly address: string
}

/** Makes the attempt and keeps what became of it. */
export async function attemptDelivery(parts: SignalParts, claimed: ClaimedDelivery): Promise<void> {
  const { database, clock, log } = parts
  const { project, channel: key } = claimed.delivery
  const channel = await selectChannel(database.kysely, { project, channel: key })
  if (channel === undefined) return
  const began = clock.now()
  const sent = await tell(parts, claimed, channel, began)
  const now = clock.now()
  await database.transaction((tx) => settle(tx, { parts, claimed, sent, began, now }))
  parts.metrics.attempted(channel.kind, sent.kind)
  const { id, attempts } = claimed.delivery
  const said = { delivery: id, project, channel: key, attempt: attempts + 1, outcome: sent.kind }
  if (sent.kind === 'delivered') log.info(said, 'signal.deliver')
  else log.warn({ ...said, why: sent.why }, 'signal.deliver')
}

async function tell(
  { database, safe, notifiers, address }: SignalParts,
  claimed: ClaimedDelivery,
  channel: ChannelRow,
  now: Date,
): Promise<Sent> {
  const owner = channelOwner(channel.project, channel.key)
  const secret = channel.secret === null ? undefined : safe.open(channel.secret, owner)
  if (channel.secret !== null && secret === undefined) {
    return { kind: 'failed', why: 'its secret was encrypted with another key: give it anew' }
  }
  const people = READ_BY_PEOPLE.has(channel.kind)
  const message = await messageOf(database.kysely, claimed, { address, safe, people, now })
  const { mailbox } = claimed.delivery
  const settings = mailbox === null ? channel.settings : { ...asObject(channel.settings), to: [mailbox] }
  const receiver = { settings, secret }
  // What a receiver does never throws; this is a setting that its integration cannot read, or a bug.
  return await notifiers[channel.kind](message, receiver, now).catch((error: unknown) => ({
    kind: 'failed' as const,
    why: `the message could not be made: ${error instanceof Error ? error.name : 'unknown error'}`,
  }))
}

interface Settling {
  readonly parts: SignalParts
  readonly claimed: ClaimedDelivery
  readonly sent: Sent
  readonly began: Date
  readonly now: Date
}

async function settle(tx: Tx, { parts, claimed, sent, began, now }: Settling): Promise<void> {
  const { delivery } = claimed
  const next = nextOf(sent, delivery.attempts + 1, now)
  const ended = next.state === 'waiting' ? undefined : next.state
  const evidence = ended && (await keepTelling(tx, { parts, claimed, sent, began, now }, ended))
  await settleDelivery(tx, {
    delivery: delivery.id,
    state: next.state,
    nextAt: next.state === 'waiting' ? next.at : now,
    attempt: {
      at: began.toISOString(),
      outcome: sent.kind,
      ...(sent.kind === 'delivered' ? {} : { why: sent.why }),
      ms: now.getTime() - began.getTime(),
    },
    ...(sent.kind === 'delivered' && sent.proof !== undefined ? { proof: sent.proof } : {}),
    ...(evidence === undefined ? {} : { evidence }),
    now,
  })
  if (sent.kind === 'gone') await disable(tx, parts, claimed, sent.why)
}

/** What became of telling an exit of a run is evidence of the run (P-EX4); its hash. */
async function keepTelling(
  tx: Tx,
  { parts, claimed, sent, now }: Settling,
  state: 'delivered' | 'dead',
): Promise<string | undefined> {
  const { delivery, signal } = claimed
  const { run } = asObject(signal.data)
  if (!EXITS.has(signal.type) || typeof run !== 'string') return undefined
  const { project, channel, recipient, mailbox, attempts } = delivery
  const content = {
    signal: signal.id,
    type: signal.type,
    delivery: delivery.id,
    channel,
    recipient,
    mailbox,
    state,
    attempts: attempts + 1,
    ...(sent.kind === 'delivered' ? {} : { why: sent.why }),
  }
  const context = { actor: system('dispatcher'), requestId: newId('task'), now, log: parts.log }
  const evidence = { project, run, step: 0, kind: 'delivery' as const, content }
  await keepEvidence(tx, context, [evidence])
  return evidenceHash(evidence, context)
}

/** Nothing else reaches a receiver that is gone: the channel stops until somebody looks at it. */
async function disable(
  tx: Tx,
  { clock, log }: SignalParts,
  { delivery }: ClaimedDelivery,
  why: string,
): Promise<void> {
  const key = { project: delivery.project, channel: delivery.channel }
  const channel = await lockChannel(tx, key)
  if (channel === undefined || channel.state === 'disabled') return
  const revision = channel.revision + 1
  await updateChannel(tx, key, { state: 'disabled', disabled_because: why, revision })
  const context = { actor: system('dispatcher'), requestId: newId('task'), now: clock.now(), log }
  await record(tx, context, {
    chain: { project: key.project },
    action: 'channel.disable',
    subject: { kind: 'channel', id: key.channel },
    before: { state: channel.state },
    after: { state: 'disabled' },
    reason: why,
  })
}

function asObject(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
