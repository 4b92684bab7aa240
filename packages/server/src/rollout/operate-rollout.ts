/**
 * What people do with a rollout: pause, resume, advance, roll back, abort; each with a reason, each
 * at once, each recorded.
 */
import type { Rollout as RolloutView, RolloutAct } from '@flagmarshal/api/rollout'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { HoldReason } from '@flagmarshal/domain/rollout/model'
import { openIncident } from '@flagmarshal/domain/rollout/reports'
import type { RolloutEvent } from '@flagmarshal/domain/rollout/transition'
import { transition } from '@flagmarshal/domain/rollout/transition'

import type { Context } from '../context.ts'
import { readFlagConfig } from '../flag/serve-rollout-rule.ts'
import type { StoredFlag } from '../flag/serve-rollout-rule.ts'
import { notFound } from '../refusals.ts'
import { reportsSeen } from '../report/seen.ts'
import type { Tx } from '../storage/database.ts'
import { databaseNow, lockFlagConfig } from '../storage/flags.ts'
import { lockRollout } from '../storage/rollouts.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { carryOut } from './carry-out.ts'
import { outsideEdit } from './outside-edit.ts'
import type { RolloutParts } from './ports.ts'
import { showStored } from './show-rollout.ts'

/** An act as somebody wants it. */
export interface Wanted {
  readonly project: string
  readonly rollout: string
  readonly act: RolloutAct
  readonly reason: string
  /** Of a pause: when it goes on by itself. */
  readonly until?: Date
}

const EVENTS = {
  pause: 'pause',
  resume: 'resume',
  advance: 'advance',
  rollback: 'roll-back',
  abort: 'abort',
} as const satisfies Record<RolloutAct, RolloutEvent['kind']>

/**
 * Does it, or says why not. Turning off waits for a lock as long as it takes: whoever holds one, a
 * tick or another act, does so for moments only.
 */
export async function operateRollout(
  context: Context,
  parts: RolloutParts,
  wanted: Wanted,
): Promise<RolloutView | Refusal> {
  const { project, rollout: id, act } = wanted
  const turnsOff = act === 'rollback' || act === 'abort'
  return await parts.database.transaction(
    async (tx) => {
      const stored = await lockRollout(tx, project, id)
      if (stored === undefined) return notFound('rollout', id)
      const timed = { ...context, now: await databaseNow(tx) }
      const done = await perform(tx, timed, { parts, stored, wanted })
      return isRefusal(done) ? done : await showStored(tx, done, timed.now)
    },
    turnsOff ? { lockTimeoutMs: 0 } : {},
  )
}

async function perform(
  tx: Tx,
  context: Context,
  {
    parts,
    stored,
    wanted,
  }: { readonly parts: RolloutParts; readonly stored: StoredRollout; readonly wanted: Wanted },
): Promise<StoredRollout | Refusal> {
  const { act, reason, until } = wanted
  const { rollout } = stored
  // The second of two who roll back at the same moment has what he wants.
  if (act === 'rollback' && rollout.state.kind === 'rolling_back') return stored
  const key = { project: stored.project, environment: stored.environment, flag: stored.flag }
  await lockFlagConfig(tx, key)
  const flag = await readFlagConfig(tx, key)
  if (flag === undefined) throw new Error(`there is no flag ${stored.flag} in ${stored.environment}`)
  const no =
    act === 'advance' || act === 'resume' ? await goingOnRefusal(tx, { parts, stored, flag, act }) : undefined
  if (no !== undefined) return no

  const by = context.actor.id
  if (until !== undefined && until <= context.now) return untilIsPast(until)
  const event = { kind: EVENTS[act], by, reason, ...(until && { until }) }
  const after = transition(stored.plan, rollout, event, context.now)
  if (isRefusal(after)) return after
  const acceptFlag = act === 'resume' && rollout.state.kind === 'held' && rollout.state.reason === 'conflict'
  const said = { by, roles: context.actor.roles, reason }
  const recorded = { kind: 'person', act, ...said, ...(until && { until: until.toISOString() }) } as const
  return await carryOut(tx, context, { before: stored, after, recorded, flag, acceptFlag })
}

function untilIsPast(until: Date): Refusal {
  return refuse('until-is-past', `${until.toISOString()} is past.`, 'Give a time to come, or none.', '/until')
}

/** What the state alone does not tell: a flag that is off, an edit that no tick has seen yet, an approval that is void. */
async function goingOnRefusal(
  tx: Tx,
  it: {
    readonly parts: RolloutParts
    readonly stored: StoredRollout
    readonly flag: StoredFlag
    readonly act: 'advance' | 'resume'
  },
): Promise<Refusal | undefined> {
  const { parts, stored, flag, act } = it
  const { project, run, bundleHash } = stored
  if (!flag.enabled && stored.rollout.state.kind !== 'scheduled') {
    return refuse('flag-off', `The flag ${stored.flag} is off: this attempt is over.`, 'Start a new attempt.')
  }
  const reports = await reportsSeen(tx, stored, stored.rollout.exposedAt)
  const incident = openIncident(reports)
  if (incident !== undefined && (act === 'advance' || isHeldFor(stored, 'incident'))) {
    return refuse(
      'incident-open',
      `An incident is open: ${incident.id}.`,
      `Nothing is raised until it is resolved: flagmarshal feature resolve-report ${incident.id} --reason "…". Rolling back is possible at any time.`,
    )
  }
  if (act === 'resume') return undefined
  const edit = await outsideEdit(tx, stored, flag)
  if (edit !== undefined) {
    return refuse(
      'flag-edited-outside',
      `The flag was edited outside the rollout (${edit.by}: ${edit.what}).`,
      'Look at the edit, then resume.',
    )
  }
  const approved = await parts.rolloutPorts.loadApprovedPlan(tx, project, run)
  if (isRefusal(approved) || approved.bundleHash !== bundleHash) {
    return refuse(
      'approval-void',
      'The approval of this rollout does not hold any more; it can be rolled back at any time.',
      'Have the changed bundle approved.',
    )
  }
  return undefined
}

function isHeldFor({ rollout }: StoredRollout, reason: HoldReason): boolean {
  return rollout.state.kind === 'held' && rollout.state.reason === reason
}
