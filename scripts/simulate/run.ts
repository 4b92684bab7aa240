/**
 * One rollout on a virtual clock, decided by the product's own code.
 */
import type { HarmTest, Tier } from '@flagmarshal/domain/analysis/model'
import type { Decision } from '@flagmarshal/domain/rollout/advance'
import type { HoldReason, Rollout, RolloutPlan } from '@flagmarshal/domain/rollout/model'
import { nextWake, dueWindows } from '@flagmarshal/domain/rollout/schedule'
import { tick } from '@flagmarshal/domain/rollout/tick'
import { scheduleRollout } from '@flagmarshal/domain/rollout/transition'

import { seeded } from './random.ts'
import { generate, type Traffic } from './traffic.ts'
import { createVisitors } from './visitors.ts'

/** What a simulated rollout did; small, so that it can travel between threads. */
export interface Outcome {
  /** Every decision other than `wait`, with its virtual time, as text to compare. */
  readonly log: string
  /** Decisions to advance, the first exposure included. */
  readonly advances: number
  /** The evidence of each Go of the first criterion, in order. */
  readonly tiers: readonly Tier[]
  /** Windows from the first exposure to the first Go. */
  readonly goAfter?: number
  /** Why it was held, in order; and how often it went on by itself. */
  readonly holds: readonly HoldReason[]
  readonly resumed: number
  /** What rolled it back. */
  readonly rollback?: HarmTest | 'blind'
  /** Windows from the first exposure to the one that decided a rollback for harm. */
  readonly harmAfter?: number
  /** Virtual time from the start to the rollback or to 100 %. */
  readonly rolledBackMs?: number
  readonly completedMs?: number
}

export interface RunSettings {
  readonly plan: RolloutPlan
  readonly traffic: Traffic
  readonly seed: number
  /** Windows after the first exposure at which the watch ends. */
  readonly untilWindow: number
  /** The watch also ends after so many advances, the first exposure included. */
  readonly untilAdvances?: number
  /** Write the rollout to JSON and read it back between any two ticks. */
  readonly restartEachTick?: boolean
}

const START = new Date('2026-01-05T00:00:00Z')

/** Runs until the rollout ends or the watch does. */
export function run(settings: RunSettings): Outcome {
  const { plan, traffic, untilWindow, untilAdvances = Infinity } = settings
  const uniform = seeded(settings.seed)
  const visitors = traffic.visitors && createVisitors(traffic.visitors, settings.seed, uniform)
  const log: Entry[] = []
  let rollout = scheduleRollout('simulated', 1, START)
  let now = START
  let advances = 0
  while (windowsSince(plan, rollout) < untilWindow && advances < untilAdvances) {
    const ends = dueWindows(plan, rollout, now, 1)
    const windows = ends.map((end) =>
      generate({ plan, rollout, end, traffic, uniform, ...(visitors && { visitors }) }),
    )
    const done = tick(plan, rollout, { windows, approved: true }, now)
    rollout = settings.restartEachTick === true ? reread(done.rollout) : done.rollout
    if (done.decision.kind !== 'wait') log.push({ at: now, decision: done.decision })
    if (done.decision.kind === 'advance' && done.decision.to.kind === 'running') advances += 1
    const wake = nextWake(plan, rollout, now)
    if (wake === undefined || rollout.state.kind === 'rolling_back') break
    now = wake
  }
  return outcome(plan, rollout, log, advances)
}

interface Entry {
  readonly at: Date
  readonly decision: Decision
}

/** What a restarted controller reads from its database. */
function reread(rollout: Rollout): Rollout {
  const { startAt, enteredAt, exposedAt, watermark, ...rest } = rollout
  const instants = { startAt, enteredAt, exposedAt, watermark }
  const read: Record<string, Date> = {}
  for (const [name, instant] of Object.entries(instants))
    if (instant !== undefined) read[name] = new Date(instant.toISOString())
  return { ...JSON.parse(JSON.stringify(rest)), ...read }
}

/** Before the first exposure the windows since the start count, so that a rollout that never exposes anybody ends too. */
function windowsSince(plan: RolloutPlan, { exposedAt, enteredAt, watermark }: Rollout): number {
  const from = exposedAt ?? enteredAt
  if (from === undefined || watermark === undefined) return 0
  const windows = (watermark.getTime() - from.getTime()) / plan.windowMs
  return exposedAt === undefined ? windows - plan.observeWindows : windows
}

function outcome(plan: RolloutPlan, final: Rollout, log: readonly Entry[], advances: number): Outcome {
  const rollback = log.find(({ decision }) => decision.kind === 'roll-back')
  const complete = log.find(({ decision }) => decision.kind === 'complete')
  const gos = log.flatMap(({ at, decision }) => {
    const first = 'verdicts' in decision ? decision.verdicts[0] : undefined
    return decision.kind !== 'hold' && first?.kind === 'go' && 'tier' in first
      ? [{ at, tier: first.tier }]
      : []
  })
  const cause = rollback?.decision.kind === 'roll-back' ? rollback.decision.cause : undefined
  const exposedAt = final.exposedAt?.getTime() ?? START.getTime()
  return {
    log: JSON.stringify(log),
    advances,
    tiers: gos.map(({ tier }) => tier),
    ...(gos[0] && { goAfter: Math.round((gos[0].at.getTime() - exposedAt) / plan.windowMs) }),
    holds: log.flatMap(({ decision }) => (decision.kind === 'hold' ? [decision.reason] : [])),
    resumed: log.filter(({ decision }) => decision.kind === 'resume-from-hold').length,
    ...(cause?.kind === 'harm' && {
      rollback: cause.breach.test,
      harmAfter: Math.ceil((Date.parse(cause.breach.windowEnd) - exposedAt) / plan.windowMs),
    }),
    ...(cause?.kind === 'blind' && { rollback: 'blind' }),
    ...(rollback && { rolledBackMs: rollback.at.getTime() - START.getTime() }),
    ...(complete && { completedMs: complete.at.getTime() - START.getTime() }),
  }
}
