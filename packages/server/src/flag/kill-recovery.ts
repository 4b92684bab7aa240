/**
 * Whether a kill has helped (P-S5-2): begun in the transaction of every kill, looked at until it shows
 * that nobody is served the feature and the bad share has come down, or that it does not.
 */
import type { Kill } from '@flagmarshal/api/kill'
import { killRecovery, USUAL_FLUSH_MS } from '@flagmarshal/domain/rollback/kill-recovery'
import type { KillCounts, KillRecovery } from '@flagmarshal/domain/rollback/kill-recovery'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { selectUsage } from '../storage/alerts.ts'
import { toJson } from '../storage/column.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { isExercised } from '../storage/exercises.ts'
import { databaseNow } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import {
  insertKillWatch,
  lockOpenWatches,
  selectCounted,
  selectKillWatch,
  settleKillWatch,
} from '../storage/kill-watches.ts'
import type { KillWatchRow } from '../storage/kill-watches.ts'
import { selectLatestAttempt } from '../storage/monitoring.ts'
import { emit } from '../storage/outbox.ts'
import { readVerification } from './verification.ts'
import type { Verification } from './verification.ts'

/** Requests of this time before the kill are what its recovery is compared with. */
const BEFORE_MS = 5 * 60_000
/** Watches looked at in one transaction. */
const AT_ONCE = 50

const NONE: KillCounts = { n: 0, bad: 0 }

/** What was counted of a flag when it was killed. */
export interface SeenAtKill {
  readonly usage: Awaited<ReturnType<typeof selectUsage>>
  readonly counted: Awaited<ReturnType<typeof selectCounted>>
  readonly drill: boolean
}

/** Reads it; call it in the transaction of the kill, at its time. */
export async function seenAtKill(tx: Tx, key: FlagConfigKey, at: Date): Promise<SeenAtKill> {
  const [usage, counted, drill] = await Promise.all([
    selectUsage(tx, key, new Date(at.getTime() - BEFORE_MS)),
    selectCounted(tx, key),
    isExercised(tx, key),
  ])
  return { usage, counted, drill }
}

/** Begins to watch a kill; call it in its transaction. */
export async function watchKill(
  tx: Tx,
  { id, at, project, environment, flag }: Verification,
  offVariant: string,
  { usage, counted, drill }: SeenAtKill,
): Promise<void> {
  const [off, on] = [true, false].map((wanted) =>
    sum(usage.filter((it) => (it.variant === offVariant) === wanted)),
  )
  await insertKillWatch(tx, {
    kill: id,
    project,
    environment,
    flag,
    off_variant: offVariant,
    drill,
    flush_ms: USUAL_FLUSH_MS,
    before: toJson({ on, off }),
    counted: toJson(Object.fromEntries(counted.map(({ variant, n, bad }) => [variant, { n, bad }]))),
    at,
  })
}

/** How the recovery of a kill stands at `now`; undefined for a kill of an earlier version. */
export async function recoveryOfKill(
  queries: Queries,
  kill: string,
  now: Date,
): Promise<Kill['recovery'] | undefined> {
  const watch = await selectKillWatch(queries, kill)
  if (watch === undefined) return undefined
  const { state, found, settled_at: settledAt } = watch
  if (state !== null && found !== null) {
    return { state, ...found, until: settledAt?.toISOString() ?? null }
  }
  const present = await judge(queries, watch, now)
  const until = present.state === 'watching' ? present.until.toISOString() : null
  return { state: present.state, ...present.found, until }
}

/** Ends, records and announces the watches that have something to say. Answers how many go on. */
export async function settleRecoveries(context: Context, database: Database): Promise<number> {
  return await database.transaction(async (tx) => {
    const rows = await lockOpenWatches(tx, AT_ONCE)
    if (rows.length === 0) return 0
    const now = await databaseNow(tx)
    let open = 0
    for (const row of rows) {
      const found = await judge(tx, row, now)
      if (found.state === 'watching') open += 1
      else await settle(tx, context, row, found)
    }
    return open
  })
}

async function settle(
  tx: Tx,
  context: Context,
  row: KillWatchRow,
  { state, found }: Exclude<KillRecovery, { state: 'watching' }>,
): Promise<void> {
  const { kill, project, flag, environment, drill } = row
  const end = { kill, flag, environment, state, ...found }
  await settleKillWatch(tx, kill, state, found)
  const failed = state === 'failed'
  await emit(tx, context, {
    type: `dev.flagmarshal.flag.${failed ? 'rollback.failed' : 'kill.recovery'}`,
    project,
    subject: `flags/${encodeURIComponent(flag)}`,
    data: { ...end, drill, page: failed && !drill, text: `${flag} in ${environment}: ${found.said}` },
    dedupKey: `kill-recovery/${kill}`,
  })
  await record(tx, context, {
    chain: { project },
    action: failed ? 'flag.rollback-failed' : 'flag.kill-recovery',
    subject: { kind: 'flag', id: flag },
    after: end,
  })
}

async function judge(queries: Queries, row: KillWatchRow, now: Date): Promise<KillRecovery> {
  const [verification, counted, attempt] = await Promise.all([
    readVerification(queries, row.kill, now),
    selectCounted(queries, row),
    selectLatestAttempt(queries, row),
  ])
  const since = counted.map(({ variant, n, bad, last_at: lastAt }) => {
    const known = row.counted[variant] ?? NONE
    return { variant, n: Math.max(0, n - known.n), bad: Math.max(0, bad - known.bad), lastAt }
  })
  const exposed = since.filter((it) => it.variant !== row.off_variant && it.n > 0)
  const exposedAt = exposed
    .map((it) => it.lastAt)
    .toSorted((a, b) => a.getTime() - b.getTime())
    .at(-1)
  const ceilings = attempt?.plan?.criteria.flatMap((it) =>
    it.role !== 'report' &&
    it.source.kind === 'telemetry' &&
    it.source.counts === 'bad' &&
    it.ceiling !== undefined
      ? [it.ceiling]
      : [],
  )
  const ceiling = ceilings?.[0]
  return killRecovery(
    {
      at: row.at,
      verification: verification?.state ?? 'verified',
      before: row.before,
      after: sum(since.filter((it) => it.variant === row.off_variant)),
      exposed: sum(exposed),
      ...(exposedAt === undefined ? {} : { exposedAt }),
      flushMs: row.drill ? Math.min(row.flush_ms, EXERCISED_MS) : row.flush_ms,
      ...(ceiling === undefined ? {} : { ceiling }),
    },
    now,
  )
}

/** While a drill runs SDKs are asked to report this often. */
const EXERCISED_MS = 1_000

function sum(counts: readonly KillCounts[]): KillCounts {
  return counts.reduce((total, { n, bad }) => ({ n: total.n + n, bad: total.bad + bad }), NONE)
}
