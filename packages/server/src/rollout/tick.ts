import { isRefusal } from '@flagmarshal/domain/refusal'
/**
 * One tick of one rollout: measure outside, then one short transaction that claims the row, folds,
 * decides, and writes state, flag, decision, audit and signals together.
 *
 * Any server may tick any rollout. The row lock claims it, `next_at` lets only one of several be
 * first, the watermark keeps a window from being folded twice, and the time is the database's, read
 * once.
 */
import { rollbackOutcome } from '@flagmarshal/domain/rollback/outcome'
import { evidencePoints } from '@flagmarshal/domain/rollout/evidence-line'
import { foldEach } from '@flagmarshal/domain/rollout/fold'
import type { Rollout } from '@flagmarshal/domain/rollout/model'
import { tick } from '@flagmarshal/domain/rollout/tick'
import { transition } from '@flagmarshal/domain/rollout/transition'
import type { RolloutEvent } from '@flagmarshal/domain/rollout/transition'

import { system } from '../context.ts'
import type { Context, Log } from '../context.ts'
import { readFlagConfig } from '../flag/serve-rollout-rule.ts'
import type { StoredFlag } from '../flag/serve-rollout-rule.ts'
import { newId } from '../id.ts'
import { foundOf } from '../rollback/facts.ts'
import type { Tx } from '../storage/database.ts'
import { bumpRevision } from '../storage/flags.ts'
import { insertMeasurements } from '../storage/measurements.ts'
import type { MeasuredWindow } from '../storage/measurements.ts'
import { claimDueRollout } from '../storage/rollout-schedule.ts'
import { selectLastKill } from '../storage/rollout-surroundings.ts'
import { selectRollout, updateRollout } from '../storage/rollouts.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { carryOut, Overtaken, wakeAt } from './carry-out.ts'
import { sentenceOf } from './decision-sentence.ts'
import { surroundings } from './facts.ts'
import { faultOf, measure } from './measure.ts'
import type { Measured, TickParts } from './measure.ts'
import type { RolloutParts } from './ports.ts'
import type { Recorded } from './record.ts'
import { tellDelay, tellEdit } from './signals.ts'

/** `not-due`: another server was first, or there is nothing to do yet. */
export type Ticked = 'not-due' | 'waited' | 'decided'

/** Looks at a rollout that is due. Throws Overtaken when somebody changed the flag meanwhile: try again at once. */
export async function tickRollout(
  parts: TickParts,
  { project, id }: { readonly project: string; readonly id: string },
  log: Log,
): Promise<Ticked> {
  const seen = await selectRollout(parts.database.kysely, project, id)
  if (seen?.nextAt === undefined) return 'not-due'
  const measured = await measure(parts, seen)
  return await parts.database.transaction(async (tx) => {
    const claimed = await claimDueRollout(tx, id)
    // Another state than the one that was measured for: the next tick measures for it.
    if (claimed === undefined || claimed.stored.rollout.version !== seen.rollout.version) return 'not-due'
    const context: Context = { actor: system('controller'), requestId: newId('tick'), now: claimed.now, log }
    return await act(tx, context, claimed.stored, { measured, ports: parts.rolloutPorts })
  })
}

interface Known {
  readonly measured: Measured
  readonly ports: RolloutParts['rolloutPorts']
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function act(tx: Tx, context: Context, stored: StoredRollout, known: Known): Promise<Ticked> {
  const { project, environment, flag: key } = stored
  const flag = await readFlagConfig(tx, { project, environment, flag: key })
  if (flag === undefined) throw new Error(`there is no flag ${key} in ${environment}`)
  const { state } = stored.rollout
  if (state.kind === 'rolling_back' || state.kind === 'rollback_failed') {
    return await verifyRollback(tx, context, { stored, flag }, known.measured)
  }
  // A flag that is off exposes nobody; one that completed stays so.
  const kill = state.kind === 'completed' ? undefined : await killOf(tx, stored, flag)
  if (kill !== undefined) {
    return await happen(
      tx,
      context,
      { stored, flag },
      { event: { kind: 'kill', ...kill }, recorded: { kind: 'killed', ...kill } },
    )
  }
  return await decide(tx, context, { stored, flag }, known)
}

interface Subject {
  readonly stored: StoredRollout
  readonly flag: StoredFlag
}

/** Folds what was measured and carries the decision out. */
async function decide(
  tx: Tx,
  context: Context,
  { stored, flag }: Subject,
  { measured, ports }: Known,
): Promise<Ticked> {
  const { now, log } = context
  const { plan, rollout } = stored
  const { behind, fault } = measured
  const folded = await foldKept(tx, stored, measured.windows)
  if (behind) {
    await keepProgress(tx, { ...stored, rollout: folded, nextAt: now, tickedAt: now }, rollout)
    return 'waited'
  }
  const around = await surroundings(tx, stored, flag)
  await tellEdit(tx, context, stored, around.flagEditedOutside)
  const late = rollout.state.kind === 'scheduled' && rollout.startAt <= now
  if (late && fault !== undefined) await tellDelay(tx, context, stored, fault)
  const facts = { ...around, windows: [], approved: fault === undefined }
  let { rollout: after, decision } = tick(plan, folded, facts, now)
  // Whoever is exposed further is exposed under an approval that holds in this very transaction.
  const goesOn = decision.kind === 'resume-from-hold' && decision.reason === 'unapproved'
  const raises = decision.kind === 'advance' || decision.kind === 'complete' || goesOn
  if (raises && (await faultOf(ports, tx, stored)) !== undefined) {
    ;({ rollout: after, decision } = tick(plan, folded, { ...facts, approved: false }, now))
  }
  if (decision.kind === 'wait') {
    const nextAt = wakeAt(stored, after, now)
    await keepProgress(tx, { ...stored, rollout: after, nextAt, tickedAt: now }, rollout)
    log.debug({ rollout: stored.id, decision: decision.reason }, 'rollout.wait')
    return 'waited'
  }
  const recorded: Recorded = { kind: 'engine', decision }
  await carryOut(tx, context, { before: stored, after, recorded, flag })
  log.info({ rollout: stored.id, kind: decision.kind, why: sentenceOf(plan, recorded) }, 'rollout.decision')
  return 'decided'
}

/** Says how a rollback went, once it is known. */
async function verifyRollback(
  tx: Tx,
  context: Context,
  subject: Subject,
  measured: Measured,
): Promise<Ticked> {
  const { stored } = subject
  const { rollout } = stored
  const { now } = context
  const { rollback } = measured
  if (rollback === undefined) throw new Error(`rollout ${stored.id} is rolling back without a verification`)
  const outcome = rollbackOutcome(rollback.facts, now)
  const failedBefore = rollout.state.kind === 'rollback_failed'
  if (outcome.kind === 'pending' || (outcome.kind === 'failed' && failedBefore)) {
    await keepProgress(tx, { ...stored, nextAt: wakeAt(stored, rollout, now), tickedAt: now }, rollout)
    return 'waited'
  }
  const found = foundOf(rollback)
  if (outcome.kind === 'verified') {
    const recorded: Recorded = { kind: 'verified', found }
    return await happen(tx, context, subject, { event: { kind: 'rollback-verified' }, recorded })
  }
  const { failure } = outcome
  const recorded: Recorded = { kind: 'failed', failure, found }
  return await happen(tx, context, subject, { event: { kind: 'rollback-failed', failure }, recorded })
}

/** Something that is no judgement of the engine: a kill, the end of a verification. */
async function happen(
  tx: Tx,
  context: Context,
  { stored, flag }: Subject,
  { event, recorded }: { readonly event: RolloutEvent; readonly recorded: Recorded },
): Promise<Ticked> {
  const after = transition(stored.plan, stored.rollout, event, context.now)
  if (isRefusal(after)) throw new Error(`${event.kind} is impossible: ${after.message}`)
  await carryOut(tx, context, { before: stored, after, recorded, flag })
  context.log.info(
    { rollout: stored.id, kind: recorded.kind, why: sentenceOf(stored.plan, recorded) },
    'rollout.decision',
  )
  return 'decided'
}

/** Who switched the flag off under this attempt; before the start only a kill since its creation counts. */
async function killOf(
  tx: Tx,
  stored: StoredRollout,
  flag: StoredFlag,
): Promise<{ readonly by: string; readonly reason: string } | undefined> {
  if (flag.enabled) return undefined
  const last = await selectLastKill(tx, stored)
  const kill = last !== undefined && last.at >= stored.createdAt ? last : undefined
  if (kill !== undefined) return { by: kill.by, reason: kill.reason }
  if (stored.rollout.state.kind === 'scheduled') return undefined
  return { by: flag.updatedBy, reason: 'the flag was configured to be off' }
}

/** Stores evidence, healthy time and the next wake-up of a rollout whose state stays as it is. */
async function keepProgress(tx: Tx, next: StoredRollout, before: Rollout): Promise<void> {
  if (!(await updateRollout(tx, next, before.version))) throw new Overtaken('the rollout has changed')
  // The watch after 100 % is over: SDKs are told that they may report seldom again.
  if (next.nextAt === undefined) await bumpRevision(tx, next.project, next.environment)
}

/** Folds what was measured, and stores each window that was folded with where the evidence stood after it. */
async function foldKept(
  tx: Tx,
  { id, plan, rollout }: StoredRollout,
  windows: readonly MeasuredWindow[],
): Promise<Rollout> {
  const { rollout: folded, seen } = foldEach(plan, rollout, windows, (it) => evidencePoints(plan, it))
  const kept = windows.flatMap((it) => {
    const evidence = seen.get(it.end.getTime())
    return evidence === undefined ? [] : [{ ...it, evidence }]
  })
  await insertMeasurements(tx, id, kept)
  return folded
}
