/**
 * Taking what an edge passes on: what its instances said counts as if they had said it here, under
 * their own names, so that a kill is confirmed by each of them and by no edge on their behalf.
 */
import type { Relay } from '@flagmarshal/api/edge'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Database } from '../storage/database.ts'
import { upsertEdge } from '../storage/edges.ts'
import { addAsks } from '../storage/remote-asks.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import { insertReport } from '../storage/telemetry.ts'
import type { Delivery } from './delivery.ts'
import type { Journal } from './journal.ts'
import { NOT_SPOKEN, SPOKEN } from './telemetry-settings.ts'

interface RelayParts {
  readonly database: Database
  readonly journal: Pick<Journal, 'note'>
  readonly delivery: Pick<Delivery, 'acknowledge' | 'report' | 'exposed' | 'environments'>
}

/** Resolves once everything that must not be lost is stored; refused as a whole, it is sent again. */
export async function receiveRelay(
  { database, journal, delivery }: RelayParts,
  key: EnvironmentKey,
  relay: Relay,
): Promise<Refusal | undefined> {
  const { id: edge, name, version } = relay.edge
  const { status } = relay
  if (status !== undefined) {
    await upsertEdge(database.kysely, {
      ...key,
      edge,
      name,
      version,
      revision: status.revision,
      streams: status.streams,
      browser_streams: status.browserStreams,
      buffered: status.buffered,
      turned_away: status.turnedAway,
      leaving: status.leaving === true,
    })
  }
  for (const { instanceId, spoke, streamOpen } of relay.signs) {
    const open = streamOpen === undefined ? {} : { streamOpen }
    journal.note({ ...key, instance: instanceId, ...(spoke ? SPOKEN : NOT_SPOKEN), ...open, edge })
  }
  await Promise.all(relay.acknowledgements.map((it) => delivery.acknowledge(key, it, edge)))
  for (const report of relay.reports) {
    const received = await delivery.report(key, report, edge)
    if (isRefusal(received)) return received
  }
  await countAsks({ database, delivery }, key, relay.asks)
  return undefined
}

/** Each batch once: an edge that did not hear the answer sends it again. */
async function countAsks(
  { database, delivery }: Pick<RelayParts, 'database' | 'delivery'>,
  key: EnvironmentKey,
  asks: Relay['asks'],
): Promise<void> {
  if (asks === undefined) return
  const { run, seq, counts, used = [] } = asks
  const first = await database.transaction(async (tx) => {
    const isNew = await insertReport(tx, { ...key, instance: `edge:${run}`.slice(0, 128), seq })
    if (isNew)
      await addAsks(
        tx,
        counts.map((it) => ({ ...key, ...it })),
      )
    return isNew
  })
  const state = first && used.length > 0 ? await delivery.environments.get(key) : undefined
  if (state !== undefined) delivery.exposed(state, used)
}
