/**
 * The built-in evaluator of alert rules and its own receiver (P-S4-3, P-S4-6): reads what was counted,
 * asks the pure function, and announces what has changed through the outbox like every other signal.
 * A drill goes the same way with counts of its own, marked in everything that is sent.
 */
import { evaluateAlert } from '@flagmarshal/domain/alert/evaluate'
import type { AlertVerdict, Sample } from '@flagmarshal/domain/alert/evaluate'
import { alertRulesOf } from '@flagmarshal/domain/alert/rule'
import { sql } from 'kysely'
import { z } from 'zod'

import type { Clock } from '../clock.ts'
import { system } from '../context.ts'
import type { Context, Log } from '../context.ts'
import { startTask } from '../delivery/task.ts'
import { newId } from '../id.ts'
import {
  ALERT_CHANNEL,
  insertArrival,
  noteAlert,
  selectSignalByKey,
  selectUsage,
  selectWatchedFlags,
} from '../storage/alerts.ts'
import type { AlertKey, Watched } from '../storage/alerts.ts'
import type { Database, Tx } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'
import { selectSilent } from '../storage/rollout-surroundings.ts'
import { databaseClock } from '../storage/telemetry.ts'

const EVERY_MS = 5_000
/** Burn rates look back for days and change slowly. */
const BURNS_EVERY_MS = 60_000

/** What evaluating needs. */
export interface AlertParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

/** The label of a drill on everything that is sent for it. */
export interface DrillLabel {
  readonly drill: string
  readonly nonce: string
}

/** Starts the evaluator and the receiver; answers how to end them. */
export async function startAlerts(parts: AlertParts): Promise<() => Promise<void>> {
  const { database, clock, log } = parts
  const stopListening = await database.listen(ALERT_CHANNEL, (payload) => {
    if (payload === undefined) return
    receive(database, payload).catch((error: unknown) =>
      log.warn({ err: error }, 'an alert was not received'),
    )
  })
  let burnsAt = 0
  const task = startTask({ name: 'alerts', everyMs: EVERY_MS, clock, log }, async () => {
    const now = clock.now().getTime()
    const burns = now - burnsAt >= BURNS_EVERY_MS
    for (const watched of await selectWatchedFlags(database.kysely)) await evaluateFlag(parts, watched, burns)
    if (burns) burnsAt = now
  })
  return async () => {
    await task.stop()
    await stopListening()
  }
}

async function evaluateFlag(
  parts: AlertParts,
  { plan, feature, ended, ...key }: Watched,
  burns: boolean,
): Promise<void> {
  const { database } = parts
  const now = await databaseClock(database.kysely)
  const usage = new Map<number, Awaited<ReturnType<typeof selectUsage>>>()
  const usageOver = async (windowMs: number) => {
    const known = usage.get(windowMs)
    const found = known ?? (await selectUsage(database.kysely, key, new Date(now.getTime() - windowMs)))
    usage.set(windowMs, found)
    return found
  }
  await noteSilence(parts, { plan, feature, ended, ...key })
  for (const rule of alertRulesOf(plan).filter((it) => burns || it.kind !== 'burn')) {
    const counts = countsOf(plan, rule.criterion)
    // What is measured elsewhere is evaluated there, by the rules that are generated for it.
    if (counts === undefined) continue
    const windows: Sample[][] = []
    for (const windowMs of rule.windowsMs)
      windows.push((await usageOver(windowMs)).map((it) => ({ n: it.n, x: it[counts] })))
    const said = evaluateAlert(rule, windows)
    // After the rollout nobody waits for more requests: what fired is over.
    const verdict = ended && said.state === 'no_data' ? { ...said, state: 'quiet' as const } : said
    await noteVerdict(parts, { ...key, rule: rule.id, drill: '' }, { verdict, feature })
  }
}

/** The rule that fires while connected instances say nothing of the flag (P-S4-12). */
const SILENCE = 'usage-silence'

/** Silence counts once it has lasted as long as the most patient criterion may be without data. */
async function noteSilence(parts: AlertParts, { plan, feature, ended, ...key }: Watched): Promise<void> {
  const patience = plan.criteria.flatMap((it) => (it.role === 'report' ? [] : [it.blindBudgetMs]))
  const silent =
    ended || patience.length === 0
      ? false
      : await selectSilent(parts.database.kysely, key, Math.max(...patience))
  const state = silent === undefined ? 'no_data' : silent ? 'firing' : 'quiet'
  const verdict = { state, requests: 0, share: 0, threshold: 0 } as const
  await noteVerdict(parts, { ...key, rule: SILENCE, drill: '' }, { verdict, feature })
}

function countsOf(plan: Watched['plan'], criterion: string): 'bad' | 'slow' | undefined {
  const found = plan.criteria.find((it) => it.id === criterion)
  if (found === undefined || found.role === 'report') return undefined
  return found.source.kind === 'telemetry' ? found.source.counts : undefined
}

/** What a rule says, and of which feature. */
export interface Judged {
  readonly verdict: AlertVerdict
  readonly feature: string
  readonly label?: DrillLabel
}

/** Stores how a rule stands, and announces it where that is news; since when, then. Too few requests change nothing. */
export async function noteVerdict(
  { database, clock, log }: AlertParts,
  key: AlertKey,
  judged: Judged,
): Promise<Date | undefined> {
  const { state, ...numbers } = judged.verdict
  if (state === 'no_data') return undefined
  const context = { actor: system('alerts'), requestId: newId('task'), now: clock.now(), log }
  return await database.transaction(async (tx) => {
    const row = await noteAlert(tx, key, state, numbers)
    if (row !== undefined) await announce(tx, context, key, { ...judged, at: row.since })
    return row?.since
  })
}

async function announce(
  tx: Tx,
  context: Context,
  { project, environment, flag, rule, drill }: AlertKey,
  { verdict, feature, label, at }: Judged & { readonly at: Date },
): Promise<void> {
  const state = verdict.state === 'firing' ? 'firing' : 'resolved'
  const dedupKey = alertSignalKey({ project, environment, flag, rule, drill }, state, at)
  await emit(tx, context, {
    type: `dev.flagmarshal.alert.${state}`,
    project,
    subject: `features/${feature}`,
    data: {
      flag,
      environment,
      rule,
      requests: verdict.requests,
      share: verdict.share,
      threshold: verdict.threshold,
      ...(label === undefined ? {} : { drill: label.drill, nonce: label.nonce }),
    },
    dedupKey,
  })
  if (label === undefined) return
  await sql`select pg_notify(${ALERT_CHANNEL}, ${JSON.stringify({ ...label, state, key: `${project}/${dedupKey}` })})`.execute(
    tx,
  )
}

/** What makes the signal of an alert unique. */
function alertSignalKey({ environment, flag, rule, drill }: AlertKey, state: string, at: Date): string {
  return `alert/${environment}/${flag}/${rule}/${drill}/${state}/${at.getTime()}`
}

const Notice = z.strictObject({
  drill: z.string(),
  nonce: z.string(),
  state: z.enum(['firing', 'resolved']),
  key: z.string(),
})
const Data = z.looseObject({ drill: z.string(), nonce: z.string() })

/** Takes the signal out of the outbox as it is sent, and notes it where it carries the drill's own nonce. */
async function receive(database: Database, payload: string): Promise<void> {
  const { drill, state, key } = Notice.parse(JSON.parse(payload))
  const row = await selectSignalByKey(database.kysely, key)
  const data = Data.safeParse(row?.data).data
  if (row === undefined || data?.drill !== drill) return
  await insertArrival(database.kysely, { drill, signal: row.id, nonce: data.nonce, state })
}
