/**
 * Starting a rollout: an attempt of what an approved run has planned, in state `scheduled`. The
 * controller begins to observe at its time, after it has looked at the approval again.
 */
import type { Rollout as RolloutView } from '@flagmarshal/api/rollout'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { lintPlan } from '@flagmarshal/domain/rollout/lint'
import { scheduleRollout } from '@flagmarshal/domain/rollout/transition'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { whyArchived } from '../flag/archive.ts'
import { newSalt } from '../flag/salt.ts'
import { readFlagConfig } from '../flag/serve-rollout-rule.ts'
import { newId } from '../id.ts'
import type { Tx } from '../storage/database.ts'
import { databaseNow, selectFlag } from '../storage/flags.ts'
import { insertDecision } from '../storage/rollout-decisions.ts'
import { wakeControllers } from '../storage/rollout-schedule.ts'
import { insertRollout, keepSalt, selectAttempts } from '../storage/rollouts.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { selectConditions } from '../storage/segments.ts'
import type { ApprovedPlan, RolloutParts } from './ports.ts'
import type { Recorded } from './record.ts'
import { showStored } from './show-rollout.ts'
import { announce } from './signals.ts'

/** Starts an attempt. Refuses an approval that does not hold, a second attempt at the same time, and a plan that does not fit the flag. */
export async function startRollout(
  context: Context,
  { database, rolloutPorts }: RolloutParts,
  project: string,
  run: string,
): Promise<RolloutView | Refusal> {
  return await database.transaction(async (tx) => {
    const approved = await rolloutPorts.loadApprovedPlan(tx, project, run)
    if (isRefusal(approved)) return approved
    const misfit = (await planRefusal(tx, project, approved)) ?? (await flagRefusal(tx, project, approved))
    if (misfit !== undefined) return misfit
    const timed = { ...context, now: await databaseNow(tx) }
    const notNow = startsNow(approved, timed.now) ? (approved.unfit ?? approved.closed) : approved.unfit
    if (notNow !== undefined) return notNow
    const stored = await schedule(tx, timed, { project, run }, approved)
    return isRefusal(stored) ? stored : await showStored(tx, stored, timed.now)
  })
}

/** Whether it starts at once, and not at a time that the calendar was asked about. */
function startsNow({ startAt }: ApprovedPlan, now: Date): boolean {
  return startAt === undefined || startAt <= now
}

async function schedule(
  tx: Tx,
  context: Context,
  { project, run }: { readonly project: string; readonly run: string },
  approved: ApprovedPlan,
): Promise<StoredRollout | Refusal> {
  const { now } = context
  const { feature, flag, plan, bundleHash } = approved
  const place = { project, flag, environment: plan.environment }
  const attempts = await selectAttempts(tx, place)
  if (attempts.open !== undefined) return running(attempts.open, place)
  if (attempts.completed !== undefined) return completed(attempts.completed, place)

  const startAt = approved.startAt !== undefined && approved.startAt > now ? approved.startAt : now
  const id = newId('rollout')
  const stored: StoredRollout = {
    id,
    ...place,
    feature,
    run,
    bundleHash,
    plan,
    planVersion: 1,
    salt: await keepSalt(tx, { ...place, feature }, newSalt()),
    createdAt: now,
    createdBy: context.actor.id,
    rollout: scheduleRollout(id, attempts.count + 1, startAt),
    since: now,
    flagRevision: undefined,
    rolledBackAt: undefined,
    verification: undefined,
    nextAt: startAt,
    tickedAt: undefined,
    endedAt: undefined,
  }
  if (!(await insertRollout(tx, stored))) return running('that somebody has just started', place)
  const recorded: Recorded = { kind: 'scheduled', run, bundleHash, startAt: startAt.toISOString() }
  const { state } = stored.rollout
  const decision = {
    at: now,
    kind: recorded.kind,
    by: context.actor.id,
    from: state,
    to: state,
    numbers: recorded,
  }
  const seq = await insertDecision(tx, id, decision)
  await announce(tx, context, { before: stored, after: stored, recorded, seq })
  await wakeControllers(tx, id)
  await record(tx, context, {
    chain: { project },
    action: 'rollout.start',
    subject: { kind: 'rollout', id },
    after: { feature, ...place, attempt: stored.rollout.attempt, bundleHash, startAt },
    run,
  })
  return stored
}

/** Whether the plan is sane here and now: its checks ran before it was approved, segments can be gone since. */
async function planRefusal(tx: Tx, project: string, { plan }: ApprovedPlan): Promise<Refusal | undefined> {
  const conditions = await selectConditions(tx, project, plan.environment)
  const findings = lintPlan(plan, { segments: conditions.map(({ segment }) => segment) })
  const wrong = findings.find(({ severity }) => severity === 'error')
  if (wrong === undefined) return undefined
  return refuse(
    'plan-not-executable',
    `The plan cannot be carried out: ${wrong.path} ${wrong.message}.`,
    'Correct the plan in step 3 and have it approved.',
  )
}

async function flagRefusal(
  tx: Tx,
  project: string,
  { plan, flag: key }: ApprovedPlan,
): Promise<Refusal | undefined> {
  const { environment, treatment, control } = plan
  const flag = await readFlagConfig(tx, { project, environment, flag: key })
  if (flag === undefined) {
    return refuse(
      'no-such-flag',
      `There is no flag ${key} in ${environment}.`,
      'Create the flag, or correct the plan.',
    )
  }
  const row = await selectFlag(tx, project, key)
  const archived = row === undefined ? undefined : whyArchived(row)
  if (archived !== undefined) return archived
  const missing = [treatment, control].find((variant) => !Object.hasOwn(flag.variants, variant))
  if (missing === undefined) return undefined
  return refuse(
    'no-such-variant',
    `The flag ${key} has no variant ${missing}, which the plan names.`,
    'Correct the plan or the flag and have the change approved.',
  )
}

interface Place {
  readonly flag: string
  readonly environment: string
}

function running(id: string, { flag, environment }: Place): Refusal {
  return refuse(
    'rollout-running',
    `The flag ${flag} has a rollout in ${environment} already: ${id}.`,
    'Let it end, roll it back or abort it first.',
  )
}

function completed(id: string, { flag, environment }: Place): Refusal {
  return refuse(
    'rollout-completed',
    `The flag ${flag} is rolled out to everybody in ${environment} already, by ${id}.`,
    'Roll that one back first, if everybody is to be taken out again.',
  )
}
