/**
 * Killing a flag: off at once in one environment, in one short transaction, and verified afterwards
 * by the acknowledgements of the instances that were connected.
 */
import type { Kill } from '@flagmarshal/api/kill'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { shownState } from '@flagmarshal/domain/rollback/verify'

import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { databaseNow, lockFlagConfig } from '../storage/flags.ts'
import type { FlagConfigKey, FlagConfigRow } from '../storage/flags.ts'
import { emit } from '../storage/outbox.ts'
import { selectAsks } from '../storage/remote-asks.ts'
import { recordConfig, storeConfig } from './configure.ts'
import { recoveryOfKill, seenAtKill, watchKill } from './kill-recovery.ts'
import type { FlagParts, FlagPorts } from './ports.ts'
import { noConfig } from './read.ts'
import { readVerification, startVerification } from './verification.ts'
import type { Verification } from './verification.ts'
import { servedConfig } from './view.ts'

/** How far back clients count that ask this server for values. */
const REMOTE_MS = 5 * 60_000

/** What was asked just before a kill is written a moment after it, perhaps in the next minute. */
const WRITTEN_WITHIN_MS = 5_000

/**
 * Turns a flag off. Nothing can forbid it, and it waits for a lock as long as it takes: writers hold
 * one for moments only. Killing a flag that is off verifies the revision that turned it off.
 */
export async function killFlag(
  context: Context,
  { database, flagPorts }: FlagParts,
  key: FlagConfigKey,
  reason: string,
): Promise<Kill | Refusal> {
  const work = (tx: Tx) => killIn(tx, context, flagPorts, { key, reason })
  const kill = await database.transaction(work, { lockTimeoutMs: 0 })
  // Read when it has been committed: nothing may keep a kill waiting.
  return isRefusal(kill) ? kill : killView(kill, await recoveryOfKill(database.kysely, kill.id, kill.at))
}

/** In as few turns as can be: what does not need an answer is asked together with what comes before it. */
async function killIn(
  tx: Tx,
  context: Context,
  flagPorts: FlagPorts,
  { key, reason }: { readonly key: FlagConfigKey; readonly reason: string },
): Promise<Verification | Refusal> {
  const { project, flag, environment } = key
  const [before, isHeard, at] = await Promise.all([
    lockFlagConfig(tx, key),
    flagPorts.isHeard(tx, project, flag),
    databaseNow(tx),
  ])
  if (before === undefined) return noConfig(key)
  const after = before.enabled ? await turnOff(tx, context, key, before) : before
  const revision = after.environment_revision
  const [kill, seen] = await Promise.all([
    startVerification(tx, context, { ...key, kind: 'kill', revision, reason, at }),
    seenAtKill(tx, key, at),
  ])
  if (isHeard) {
    const changed = { project, flags: [flag], environments: [environment], what: 'kill' as const }
    await flagPorts.onFlagChanged(tx, context, changed)
  }
  const signal = {
    type: 'dev.flagmarshal.flag.killed',
    project,
    subject: `flags/${flag}`,
    data: { kill: kill.id, flag, environment, reason, by: kill.by, instances: kill.total },
    dedupKey: `killed/${kill.id}`,
  }
  await Promise.all([
    watchKill(tx, kill, after.off_variant, seen),
    emit(tx, context, signal),
    recordConfig(tx, context, { action: 'flag.kill', before, after, reason }),
  ])
  return kill
}

/** A kill with who has confirmed it until now. */
export async function getKill(
  database: Database,
  { project, flag, environment }: FlagConfigKey,
  id: string,
): Promise<Kill | Refusal> {
  const now = await databaseNow(database.kysely)
  const kill = await readVerification(database.kysely, id, now)
  const own =
    kill?.kind === 'kill' &&
    kill.project === project &&
    kill.flag === flag &&
    kill.environment === environment
  if (!own) return notFound('kill', id)
  return killView(kill, await recoveryOfKill(database.kysely, id, now), await remoteOf(database.kysely, kill))
}

async function turnOff(
  tx: Tx,
  context: Context,
  key: FlagConfigKey,
  row: FlagConfigRow,
): Promise<FlagConfigRow> {
  return await storeConfig(tx, context, key, { ...servedConfig(row), enabled: false })
}

/** Clients that ask this server for values, in the minutes before the kill. */
async function remoteOf(queries: Queries, kill: Verification): Promise<NonNullable<Kill['remote']>> {
  const at = kill.at.getTime()
  const between = { from: new Date(at - REMOTE_MS), to: new Date(at + WRITTEN_WITHIN_MS) }
  const { n, lastAt } = await selectAsks(queries, kill, between)
  return { asked: n, lastAskedAt: lastAt?.toISOString() ?? null }
}

function killView(it: Verification, recovery: Kill['recovery'] | undefined, remote?: Kill['remote']): Kill {
  const { id, flag, environment, by, reason, revision, at, state, total, confirmed, pending, lost } = it
  const instances = it.instances.map(shownState)
  return {
    id,
    flag,
    environment,
    by,
    reason,
    state,
    revision,
    at: at.toISOString(),
    instances,
    total,
    confirmed,
    pending,
    lost,
    ...(remote === undefined ? {} : { remote }),
    ...(recovery === undefined ? {} : { recovery }),
  }
}
