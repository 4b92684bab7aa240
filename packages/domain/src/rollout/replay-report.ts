/**
 * What an A/A replay amounts to: increment by increment, and whether the plan is refused for it.
 */
import { TRAFFIC_SLICES } from '@flagmarshal/evaluation'

import type { Breach } from '../analysis/model.ts'
import { breachSentence } from '../analysis/sentence.ts'
import type { RollbackCause, RolloutPlan } from './model.ts'
import { hasControl, LEAST_WINDOWS, percentOf, stageOf, type Step } from './position.ts'
import type { Replay } from './replay-jobs.ts'
import type { ReplayOutcome } from './replay.ts'
import type { LeftOut, TriedWindow } from './tried-history.ts'

export interface ReplayReport {
  /** `too-short`: too little history. `not-replayed`: nothing of the plan can be tried on it. */
  readonly verdict: 'fine' | 'rolls-back' | 'too-short' | 'not-replayed'
  readonly windowMs: number
  /** The plan's own windows are shorter than the history's. */
  readonly coarser: boolean
  readonly from: Date | null
  readonly to: Date | null
  readonly observedWindows: number
  readonly watchedWindows: number
  /** Of the criterion that counts most. */
  readonly requests: number
  readonly left: readonly string[]
  readonly leftCriteria: readonly LeftOut[]
  readonly steps: readonly StepReplay[]
}

/** One increment, or the watch after the last one. */
export interface StepReplay extends Step {
  readonly name: string
  /** Everybody is exposed already, and harm still rolls back. */
  readonly afterwards: boolean
  readonly percent: number
  readonly control: boolean
  /** The share of all users, 0..1, that stood for the audience. */
  readonly users: number
  readonly splits: number
  /** Splits in which the engine would have rolled back. */
  readonly rolledBack: number
  /** Splits in which it would have held on a breach, or because both arms failed. */
  readonly held: number
  /** The first of these, in words and numbers. */
  readonly reason: string | null
  readonly breach: Breach | null
  readonly at: Date | null
  /** The median over the splits, in windows; null where most of them would not have gone on. */
  readonly goAfterWindows: number | null
}

/** What the outcomes of all jobs say of the plan. */
export function reportReplay(
  plan: RolloutPlan,
  { windowMs, observed, watched, jobs, left, leftCriteria }: Replay,
  outcomes: readonly ReplayOutcome[],
): ReplayReport {
  const groups = Map.groupBy(
    outcomes,
    ({ job: { step, afterwards } }) => `${step.stage}/${step.increment}/${String(afterwards)}`,
  )
  const steps = [...groups.values()].flatMap((group) => stepReport(plan, group))
  const none = windowsAreMissing(watched) ? 'too-short' : 'not-replayed'
  const judged = steps.some(({ rolledBack }) => rolledBack > 0) ? 'rolls-back' : 'fine'
  return {
    verdict: jobs.length === 0 ? none : judged,
    windowMs,
    coarser: windowMs > plan.windowMs,
    from: (observed[0] ?? watched[0])?.end ?? null,
    to: watched.at(-1)?.end ?? null,
    observedWindows: observed.length,
    watchedWindows: watched.length,
    requests: requestsIn(watched),
    left,
    leftCriteria,
    steps,
  }
}

/** Why the plan is refused; undefined where it is not. */
export function replayRefusal(report: ReplayReport): string | undefined {
  const first = report.steps.find(({ rolledBack }) => rolledBack > 0)
  if (first === undefined) return undefined
  const share = `${first.rolledBack} of ${first.splits} ways to choose the exposed users`
  return `the plan would have rolled back traffic in which nothing was changed: ${placeOf(first)}, in ${share}, the first at ${first.at?.toISOString() ?? ''}: ${first.reason ?? ''}. ${REMEDY}`
}

/** Where in the plan, in words. */
export function placeOf({ afterwards, percent, name }: StepReplay): string {
  return afterwards ? 'while it is watched after 100 %' : `at ${percent} % of stage ${name}`
}

/** What is not tried, and why; criteria that share both in one sentence. */
export function leftSentences(left: readonly LeftOut[]): string[] {
  const groups = Map.groupBy(left, ({ where, why }) => `${where}\0${why}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const names = group.map((it) => it.criterion).join(', ')
    const where = first.where === 'compared' ? ' where there is a control' : ''
    return [`${names}${where}: ${first.why}`]
  })
}

const REMEDY =
  'Give a ceiling above the usual rate, declare the dispersion (phi) with a reason, have a person asked instead (onFail), or remove the cause'

function windowsAreMissing(watched: readonly TriedWindow[]): boolean {
  return watched.length < LEAST_WINDOWS
}

function requestsIn(watched: readonly TriedWindow[]): number {
  const sums = new Map<string, number>()
  for (const { counts } of watched) {
    for (const [criterion, { n }] of Object.entries(counts)) {
      const window = n.reduce((all, it) => all + it, 0)
      sums.set(criterion, (sums.get(criterion) ?? 0) + window)
    }
  }
  return Math.round(Math.max(0, ...sums.values()))
}

function stepReport(plan: RolloutPlan, outcomes: readonly ReplayOutcome[]): StepReplay[] {
  const job = outcomes[0]?.job
  if (job === undefined) return []
  const { step, afterwards } = job
  const rolled = outcomes.flatMap(({ rolledBack }) => rolledBack ?? [])
  const [first] = rolled.toSorted((a, b) => a.at.getTime() - b.at.getTime())
  const went = outcomes.map((it) => it.goAfterWindows ?? Infinity).toSorted((a, b) => a - b)
  const median = went[Math.floor(went.length / 2)] ?? Infinity
  return [
    {
      ...step,
      name: stageOf(plan, step.stage).name,
      afterwards,
      percent: afterwards ? 100 : percentOf(plan, step),
      control: !afterwards && hasControl(plan, step),
      users: job.users.length / TRAFFIC_SLICES,
      splits: outcomes.length,
      rolledBack: rolled.length,
      held: outcomes.filter((it) => it.heldAfterWindows !== undefined).length,
      reason: first === undefined ? null : causeText(first.cause),
      breach: first?.cause.kind === 'harm' ? first.cause.breach : null,
      at: first?.at ?? null,
      goAfterWindows: Number.isFinite(median) ? median : null,
    },
  ]
}

function causeText(cause: RollbackCause): string {
  switch (cause.kind) {
    case 'harm':
      return breachSentence(cause.breach)
    case 'blind':
      return `${cause.criterion} had no data for ${Math.round(cause.blindMs / 60_000)} min, and its plan rolls back then`
    case 'person':
      return `by ${cause.by}: ${cause.reason}`
    case 'report':
      return `${cause.criterion}: people reported it`
  }
}
