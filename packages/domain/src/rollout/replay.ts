/**
 * The A/A replay: would the plan have rolled back traffic in which nothing was changed?
 *
 * The engine's own `fold` and `advance` watch the traffic of the latest days as if some of its users
 * had been exposed. Nobody was, so a rollback there is a wrong one, and a plan that would have made
 * it is refused. What the design rests on is in the decision records.
 */
import { TRAFFIC_SLICES } from '@flagmarshal/evaluation'

import type { ArmsWindow, Measurement, Window } from '../analysis/model.ts'
import type { Pieces } from '../pieces.ts'
import { isRefusal } from '../refusal.ts'
import { advance } from './advance.ts'
import { fold } from './fold.ts'
import type { HoldReason, RollbackCause, Rollout } from './model.ts'
import { measuredOf } from './position.ts'
import type { Replay, ReplayJob } from './replay-jobs.ts'
import { lagMs } from './schedule.ts'
import { transition } from './transition.ts'
import { armsOf, observedArms, type SliceCounts, type TriedWindow } from './tried-history.ts'

/** Holds that say that something looks wrong. */
const HARMFUL: ReadonlySet<HoldReason> = new Set(['breach', 'watch', 'both-arms'])

/** What the engine made of one job. */
export interface ReplayOutcome {
  readonly job: ReplayJob
  /** It would have rolled back, after so many windows. */
  readonly rolledBack?: { readonly afterWindows: number; readonly at: Date; readonly cause: RollbackCause }
  /** It would have held: a criterion that does not roll back was breached, or both arms failed together. */
  readonly heldAfterWindows?: number
  /** Windows until it would have gone on; absent where it would not have within the history. */
  readonly goAfterWindows?: number
}

/** Runs every job of a replay. A window is a piece. */
export function* runReplay(replay: Replay): Pieces<readonly ReplayOutcome[]> {
  const outcomes: ReplayOutcome[] = []
  for (const job of replay.jobs) outcomes.push(yield* runJob(replay, job))
  return outcomes
}

/** Observes, exposes, and watches to the end or to the rollback. */
function* runJob(replay: Replay, job: ReplayJob): Pieces<ReplayOutcome> {
  const { plan } = job
  let rollout = yield* exposedAt(replay, job)
  let goAfterWindows: number | undefined
  let heldAfterWindows: number | undefined
  for (const [index, window] of replay.watched.entries()) {
    yield
    rollout = fold(plan, rollout, [measured(job, window)])
    const now = new Date(window.end.getTime() + lagMs(plan))
    const decision = advance(plan, rollout, { approved: true }, now)
    if (decision.kind === 'roll-back') {
      return { job, rolledBack: { afterWindows: index + 1, at: window.end, cause: decision.cause } }
    }
    const goes =
      decision.kind === 'advance' ||
      decision.kind === 'complete' ||
      (decision.kind === 'hold' && decision.reason === 'approval')
    const held = decision.kind === 'warn' || (decision.kind === 'hold' && HARMFUL.has(decision.reason))
    if (goes) goAfterWindows ??= index + 1
    if (held) heldAfterWindows ??= index + 1
  }
  return {
    job,
    ...(heldAfterWindows === undefined ? {} : { heldAfterWindows }),
    ...(goAfterWindows === undefined ? {} : { goAfterWindows }),
  }
}

/** A rollout at the beginning of the increment, or of the watch after the last, with what was observed before. */
function* exposedAt({ observed, watched }: Replay, job: ReplayJob): Pieces<Rollout> {
  const { plan, step } = job
  const begin = new Date((watched[0]?.end.getTime() ?? 0) - plan.windowMs)
  const start = new Date(begin.getTime() - observed.length * plan.windowMs)
  const observing: Rollout = {
    id: 'replay',
    attempt: 1,
    version: 1,
    startAt: start,
    enteredAt: start,
    watermark: start,
    state: { kind: 'observing', progress: { windows: 0, healthy: 0 } },
    evidence: {},
  }
  let seen = observing
  for (const window of observed) {
    seen = fold(plan, seen, [measured(job, window, 'observing')])
    yield
  }
  const bake = { windows: observed.length, healthy: observed.length, needed: 0 }
  const exposed = { kind: 'advance', to: { kind: 'running', ...step }, bake, verdicts: [] } as const
  const running = transition(plan, seen, { kind: 'decided', decision: exposed }, begin)
  if (isRefusal(running)) throw new Error(`a replay cannot begin: ${running.message}`)
  if (!job.afterwards) return running
  const completed = { kind: 'complete', bake, verdicts: [] } as const
  const watching = transition(plan, running, { kind: 'decided', decision: completed }, begin)
  if (isRefusal(watching)) throw new Error(`a replay cannot begin: ${watching.message}`)
  return watching
}

function measured(job: ReplayJob, window: TriedWindow, phase: 'observing' | 'exposed' = 'exposed'): Window {
  const arms = phase === 'observing' ? whileObserving : whileExposed
  return {
    end: window.end,
    measurements: measuredOf(job.plan).map(({ id }): Measurement => {
      const counts = window.counts[id]
      if (counts === undefined) return { criterion: id, kind: 'empty', detail: 'nothing was counted' }
      return { criterion: id, kind: 'ok', audiences: [{ audience: job.audience, ...arms(job, counts) }] }
    }),
  }
}

/** As exposure would split them; half of the users where the increment leaves no control. */
function whileObserving(job: ReplayJob, counts: SliceCounts): ArmsWindow {
  return job.exposed.length < job.users.length ? whileExposed(job, counts) : observedArms(counts)
}

function whileExposed({ exposed, users }: ReplayJob, counts: SliceCounts): ArmsWindow {
  if (counts.n.length > 1) return armsOf(counts, exposed, users)
  const part = users.length / TRAFFIC_SLICES
  const of = { n: (counts.n[0] ?? 0) * part, x: (counts.x[0] ?? 0) * part }
  return { exposed: of, control: { n: 0, x: 0 } }
}
