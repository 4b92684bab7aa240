import type { HookPhase } from '@flagmarshal/domain/rollback/hook'
/**
 * Carrying out the run of a hook, phase by phase. Each phase is noted before it is asked for and after
 * it has answered, so a server that takes the run over knows what may have happened: it asks again,
 * with the same key, and the run says how often that was.
 */
import { nextOfHook, faultOfRepeat } from '@flagmarshal/domain/rollback/hook-run'
import type { DataResult, HookNext, PhaseRecord } from '@flagmarshal/domain/rollback/hook-run'
import { z } from 'zod'

import { record } from '../audit/record.ts'
import type { Clock } from '../clock.ts'
import { system } from '../context.ts'
import type { Context, Log } from '../context.ts'
import { newId, sha256 } from '../id.ts'
import type { Safe } from '../secret/seal.ts'
import type { Database, Tx } from '../storage/database.ts'
import { lockHookRun, releaseClaim, updateHookRun } from '../storage/hook-runs.ts'
import type { HookRunChange, HookRunRow } from '../storage/hook-runs.ts'
import { emit } from '../storage/outbox.ts'
import { askPhase } from './ask.ts'
import type { HookInvoker } from './ask.ts'

/** What is done when a run of a rollback has ended, or its watch has found a fault. */
export interface HookPorts {
  onHookEnded(tx: Tx, context: Context, row: HookRunRow): Promise<void>
}

export interface HookParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly safe: Safe
  readonly invoke: HookInvoker
  readonly ports: HookPorts
}

const Result = z.object({
  reversible: z.boolean(),
  rows: z.number().int().min(0),
  checksumBefore: z.string().max(200),
  checksumAfter: z.string().max(200),
  durationMs: z.number().min(0),
})

/** Goes on with a claimed run until it waits, is watched or has ended. */
export async function carryOutHook(
  parts: HookParts,
  claimed: HookRunRow,
  stopping: AbortSignal,
): Promise<void> {
  let row: HookRunRow | undefined = claimed
  while (row !== undefined && !stopping.aborted) row = await goOn(parts, row, stopping)
  if (stopping.aborted) await releaseClaim(parts.database.kysely, claimed.id)
}

/** One phase further; undefined where there is nothing more to do now. */
async function goOn(
  parts: HookParts,
  row: HookRunRow,
  stopping: AbortSignal,
): Promise<HookRunRow | undefined> {
  if (row.state === 'watching') return await lookAgain(parts, row, stopping)
  const next = nextOfHook(
    {
      part: row.part,
      mode: row.mode,
      phases: row.phases,
      watched: row.watch.forMs > 0,
      ...(row.confirmed === null ? {} : { confirmed: row.confirmed.plan }),
    },
    sha256,
  )
  if (next.kind !== 'phase') return await settle(parts, row, next)
  const repeated = row.begun !== null
  const begun = { phase: next.phase, at: parts.clock.now().toISOString() }
  const started = await change(parts, row, {
    state: 'running',
    begun,
    ...(repeated ? { repeated: true as const } : {}),
  })
  if (started === undefined) return undefined
  const done = await ask(parts, started, { phase: next.phase, repeated, stopping })
  if (done === undefined) return undefined
  return await change(parts, started, { begun: null, phases: [...started.phases, done] })
}

/** Asks for a phase; undefined when the server stops before it has answered. */
async function ask(
  parts: HookParts,
  row: HookRunRow,
  of: { readonly phase: HookPhase; readonly repeated: boolean; readonly stopping: AbortSignal },
): Promise<PhaseRecord | undefined> {
  const { clock, log } = parts
  const began = clock.now()
  const answer = await askPhase(parts, row, of)
  // What failed while the server stops may have failed because of it: somebody else asks again.
  if (answer.kind === 'stopped' || (answer.kind === 'failed' && of.stopping.aborted)) return undefined
  const shared = { phase: of.phase, at: began.toISOString(), ms: clock.now().getTime() - began.getTime() }
  const link = answer.link === undefined ? {} : { link: answer.link }
  log.info({ hookRun: row.id, hook: row.hook, phase: of.phase, outcome: answer.kind }, 'hook.phase')
  if (answer.kind === 'failed') return { ...shared, ok: false, said: answer.why, ...link }
  if (row.part !== 'data') return { ...shared, ok: true, said: answer.said, ...link }
  const result = Result.safeParse(answer.result)
  return result.success
    ? { ...shared, ok: true, said: saidOf(result.data), result: result.data, ...link }
    : {
        ...shared,
        ok: false,
        said: 'it must answer {reversible, rows, checksumBefore, checksumAfter, durationMs} as JSON',
        ...link,
      }
}

function saidOf({ rows, reversible }: DataResult): string {
  return `${rows} rows, ${reversible ? 'reversible' : 'not reversible'}`
}

async function settle(
  parts: HookParts,
  row: HookRunRow,
  next: Exclude<HookNext, { kind: 'phase' }>,
): Promise<undefined> {
  if (next.kind === 'watch') {
    const { everyMs, forMs } = row.watch
    await change(parts, row, { state: 'watching', watchForMs: forMs, dueInMs: everyMs })
    return
  }
  if (next.kind === 'confirm') {
    await end(parts, row, { state: 'awaiting_confirmation', dueInMs: 0 })
    return
  }
  await end(parts, row, {
    state: next.state,
    ended: true,
    ...(next.state === 'failed' ? { problem: next.problem } : {}),
  })
}

/** Repeats the integrity check, or the probe, and ends the watch when it is over or finds a fault. */
async function lookAgain(parts: HookParts, row: HookRunRow, stopping: AbortSignal): Promise<undefined> {
  const phase = row.part === 'data' ? ('verify' as const) : ('probe' as const)
  const look = await ask(parts, row, { phase, repeated: false, stopping })
  if (look === undefined) return
  const { watch } = row
  const looked = { ...watch, count: watch.count + 1, looks: [...watch.looks, look] }
  const fault = faultOfRepeat(row.phases, look)
  if (fault !== undefined) {
    await end(parts, row, { state: 'failed', ended: true, watch: looked, problem: `watch: ${fault}` })
    return
  }
  const over = looked.count >= Math.max(1, Math.ceil(watch.forMs / watch.everyMs))
  if (over) await end(parts, row, { state: 'succeeded', ended: true, watch: looked })
  else await change(parts, row, { watch: looked, dueInMs: watch.everyMs })
}

/** Stores a change; undefined where another server has taken the run over meanwhile. */
async function change(parts: HookParts, row: HookRunRow, to: HookRunChange): Promise<HookRunRow | undefined> {
  return await parts.database.transaction(async (tx) => {
    if (await isTakenOver(tx, row)) return undefined
    return await updateHookRun(tx, row.id, to)
  })
}

/** Ends or suspends it, records that and tells the world. */
async function end(parts: HookParts, row: HookRunRow, to: HookRunChange): Promise<void> {
  const { database, clock, log } = parts
  const context = { actor: system('hooks'), requestId: newId('task'), now: clock.now(), log }
  await database.transaction(async (tx) => {
    if (await isTakenOver(tx, row)) return
    const after = await updateHookRun(tx, row.id, to)
    await parts.ports.onHookEnded(tx, context, after)
    await tell(tx, context, after)
  })
}

async function tell(tx: Tx, context: Context, row: HookRunRow): Promise<void> {
  const { id, project, hook, state, problem, target, mode, subject, parameters } = row
  const said = {
    hookRun: id,
    hook,
    version: row.version,
    part: row.part,
    mode,
    target,
    purpose: row.purpose,
    subject,
    state,
    problem,
    repeats: row.repeats,
  }
  const page = row.purpose === 'rollback' && (state === 'failed' || state === 'awaiting_confirmation')
  await emit(tx, context, {
    type: `dev.flagmarshal.hook.${state === 'awaiting_confirmation' ? 'confirmation' : state}`,
    project,
    subject: parameters.feature === '' ? `hooks/${hook}` : `features/${parameters.feature}`,
    data: { ...said, feature: parameters.feature, page, text: problem ?? `The hook ${hook}: ${state}.` },
    dedupKey: `hook-run/${id}/${state}`,
  })
  await record(tx, context, {
    chain: { project },
    action: `hook.${state === 'awaiting_confirmation' ? 'plan' : state}`,
    subject: { kind: 'hook', id: hook },
    after: { ...said, phases: row.phases },
  })
}

/** Whether the run has gone on elsewhere since this server claimed it. */
async function isTakenOver(tx: Tx, row: HookRunRow): Promise<boolean> {
  const present = await lockHookRun(tx, row.project, row.id)
  return (
    present === undefined ||
    present.state !== row.state ||
    present.phases.length !== row.phases.length ||
    present.begun?.at !== row.begun?.at ||
    present.watch.count !== row.watch.count
  )
}
