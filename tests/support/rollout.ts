/**
 * A rollout on a hand-driven clock: one window and one tick at a time, through the product's own
 * `tick`.
 */
import type { Measurement, UnknownKind, Window } from '@flagmarshal/domain/analysis/model'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Decision, Facts } from '@flagmarshal/domain/rollout/advance'
import type { Rollout, RolloutPlan, Stage } from '@flagmarshal/domain/rollout/model'
import { guardrail } from '@flagmarshal/domain/rollout/plan'
import { lagMs } from '@flagmarshal/domain/rollout/schedule'
import { tick } from '@flagmarshal/domain/rollout/tick'
import { scheduleRollout, transition, type RolloutEvent } from '@flagmarshal/domain/rollout/transition'

/** When every driven rollout starts. */
export const START = new Date('2026-03-02T10:00:00Z')

/** Requests and bad events of the exposed arm, then of the control; or why nothing is known. */
export type Reading = readonly [number, number, number, number] | UnknownKind

/** Ten exposed and ninety control requests a second, 1 % of them bad in turns. */
export const QUIET: Reading = [600, 0, 5400, 0]

/** A stage of everybody with 30 windows for each increment and no maximum to speak of. */
export function stage(name: string, increments: readonly number[], settings: Partial<Stage> = {}): Stage {
  return {
    name,
    audience: { id: 'everybody' },
    increments,
    bakeMs: increments.length * 30 * 60_000,
    maxMs: 1000 * 60_000,
    advance: 'auto',
    ...settings,
  }
}

/** Minute windows, five of them observed, one guardrail with a ceiling of 1 %, phi 1. */
export function plan(settings: Partial<RolloutPlan> = {}): RolloutPlan {
  return {
    windowMs: 60_000,
    observeWindows: 5,
    stages: [stage('gradual', [10, 50]), stage('full', [100])],
    criteria: [guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.01 })],
    alpha: 0.001,
    beta: 0.01,
    phi: 1,
    phiReason: 'a test',
    absoluteOnly: { by: 'a test', reason: 'the relative Go is not in this version' },
    lowTraffic: { policy: 'human' },
    holdback: 5,
    ...settings,
  }
}

export interface Drive {
  readonly plan: RolloutPlan
  rollout: Rollout
  now: Date
  /** Every decision but `wait`. */
  readonly log: Decision[]
}

/** A rollout that has begun to observe. */
export function begin(withPlan: RolloutPlan): Drive {
  const drive: Drive = { plan: withPlan, rollout: scheduleRollout('r1', 1, START), now: START, log: [] }
  decide(drive)
  return drive
}

/** A rollout at its first exposure, after a quiet observe stage. */
export function exposed(withPlan: RolloutPlan, observed: Reading = QUIET): Drive {
  const drive = begin(withPlan)
  while (drive.rollout.state.kind === 'observing') step(drive, observed)
  // The last windows of the observe stage are still to come: they close two windows late.
  step(drive, observed)
  step(drive, observed)
  return drive
}

/** The next window is measured, its lag passes, a tick runs. */
export function step(drive: Drive, reading: Reading, facts: Partial<Facts> = {}): Decision {
  const end = new Date((drive.rollout.watermark ?? drive.now).getTime() + drive.plan.windowMs)
  drive.now = new Date(end.getTime() + lagMs(drive.plan))
  return decide(drive, [windowOf(drive.plan, end, reading)], facts)
}

/** Steps until the engine decides something. At most `limit` windows. */
export function until(drive: Drive, reading: Reading | ((window: number) => Reading), limit = 200): Decision {
  for (let window = 0; window < limit; window++) {
    const decision = step(drive, typeof reading === 'function' ? reading(window) : reading)
    if (decision.kind !== 'wait') return decision
  }
  throw new Error(
    `nothing was decided within ${limit} windows; last state ${JSON.stringify(drive.rollout.state)}`,
  )
}

/** A tick at the present time. */
export function decide(drive: Drive, windows: readonly Window[] = [], facts: Partial<Facts> = {}): Decision {
  const done = tick(drive.plan, drive.rollout, { windows, approved: true, ...facts }, drive.now)
  drive.rollout = done.rollout
  if (done.decision.kind !== 'wait') drive.log.push(done.decision)
  return done.decision
}

/** A person's act, or a verification, that must be possible. */
export function act(drive: Drive, event: RolloutEvent): void {
  const next = transition(drive.plan, drive.rollout, event, drive.now)
  if (isRefusal(next)) throw new Error(next.message)
  drive.rollout = next
}

/** One window in which every criterion reads the same. The audience is the present stage's, or all while observing. */
export function windowOf(
  withPlan: RolloutPlan,
  end: Date,
  reading: Reading,
  audiences?: readonly string[],
): Window {
  const names = audiences ?? [...new Set(withPlan.stages.map(({ audience }) => audience.id))]
  return { end, measurements: withPlan.criteria.map(({ id }) => measurementOf(id, reading, names)) }
}

/** What one criterion reads in a window, by audience. */
export function measurement(criterion: string, audiences: Readonly<Record<string, Reading>>): Measurement {
  const unknown = Object.values(audiences).find((reading) => typeof reading === 'string')
  if (unknown !== undefined) return { criterion, kind: unknown, detail: 'as the test says' }
  const counted = Object.entries(audiences).flatMap(([audience, reading]) => {
    if (typeof reading === 'string') return []
    const [nT, xT, nC, xC] = reading
    return [{ audience, exposed: { n: nT, x: xT }, control: { n: nC, x: xC } }]
  })
  return { criterion, kind: 'ok', audiences: counted }
}

function measurementOf(criterion: string, reading: Reading, audiences: readonly string[]): Measurement {
  return measurement(criterion, Object.fromEntries(audiences.map((audience) => [audience, reading])))
}
