/**
 * The A/A replay: would the plan have rolled back traffic in which nothing was changed?
 *
 * The traffic of the latest days is split by slices of the users, as exposure would split it, and the
 * engine's own `fold` and `advance` watch it at each increment of everybody. Nobody was exposed, so a
 * rollback there is a wrong one, and a plan that would have made it is refused. Every user stands in
 * the exposed arm once: one host that retries, or one ceiling below the usual rate, is found whoever
 * the rollout will happen to expose. What the design rests on is in the decision records.
 */
import type { Breach, Window } from '../analysis/model.ts'
import { breachSentence } from '../analysis/sentence.ts'
import { isRefusal } from '../refusal.ts'
import { advance } from './advance.ts'
import { fold } from './fold.ts'
import { coarser, countedOf, splitWindow, type SlicedWindow, type TrafficHistory } from './history.ts'
import type { HoldReason, RollbackCause, Rollout, RolloutPlan } from './model.ts'
import {
  guardrailsOf,
  hasControl,
  LEAST_WINDOWS,
  measuredOf,
  nextStep,
  percentOf,
  stageOf,
  type Step,
} from './position.ts'
import { lagMs } from './schedule.ts'
import { transition } from './transition.ts'

/** Ways to choose the exposed slices that are tried at one increment, at most. */
const MOST_SPLITS = 10

/** Windows that are replayed at most: a day of minutes. As many again may be observed before. */
const MOST_WINDOWS = 1_440

/** Holds that say that something looks wrong. */
const HARMFUL: ReadonlySet<HoldReason> = new Set(['breach', 'watch', 'both-arms'])

/** One increment with one choice of the exposed slices. */
export interface ReplayJob {
  readonly step: Step
  /** Slices that stand for the exposed arm. */
  readonly exposed: readonly number[]
}

/** A replay that has been laid out and can be run piece by piece. */
export interface Replay {
  /** The plan, in windows that the history has. */
  readonly plan: RolloutPlan
  readonly observed: readonly SlicedWindow[]
  readonly watched: readonly SlicedWindow[]
  readonly jobs: readonly ReplayJob[]
  /** Stages whose audience the history does not tell apart. */
  readonly left: readonly string[]
  /** Criteria that the history does not count. */
  readonly leftCriteria: readonly string[]
}

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

/** What all of them amount to. */
export interface ReplayReport {
  readonly verdict: 'fine' | 'rolls-back' | 'too-short'
  readonly windowMs: number
  /** The plan's own windows are shorter than the history's. */
  readonly coarser: boolean
  readonly from: Date | null
  readonly to: Date | null
  readonly observedWindows: number
  readonly watchedWindows: number
  readonly requests: number
  readonly left: readonly string[]
  readonly leftCriteria: readonly string[]
  readonly steps: readonly StepReplay[]
}

/** One increment. */
export interface StepReplay extends Step {
  readonly name: string
  readonly percent: number
  readonly control: boolean
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

/** Lays the replay of a plan out; undefined where the history is too short to say anything. */
export function layOutReplay(plan: RolloutPlan, history: TrafficHistory): Replay | undefined {
  const times = Math.max(1, Math.ceil(plan.windowMs / history.windowMs))
  const { windows, windowMs } = coarser(history, times)
  const wanted = Math.round((plan.observeWindows * plan.windowMs) / windowMs)
  const observe = Math.min(wanted, MOST_WINDOWS, Math.floor(windows.length / 2))
  const watched = windows.slice(
    observe === 0 ? -MOST_WINDOWS : Math.max(observe, windows.length - MOST_WINDOWS),
  )
  if (watched.length < LEAST_WINDOWS || countedGuardrails(plan) === 0) return undefined
  const begin = windows.length - watched.length
  const jobs: ReplayJob[] = []
  const left = new Set<string>()
  for (
    let step: Step | undefined = { stage: 0, increment: 0 };
    step !== undefined;
    step = nextStep(plan, step)
  ) {
    const { name, audience } = stageOf(plan, step.stage)
    if (audience.id !== 'everybody') left.add(name)
    else jobs.push(...splitsOf(plan, step, windows[0]?.n.length ?? 0))
  }
  return {
    plan: inWindows(plan, windowMs),
    observed: observe === 0 ? [] : windows.slice(Math.max(0, begin - observe), begin),
    watched,
    jobs,
    left: [...left],
    leftCriteria: measuredOf(plan).flatMap((it) => (countedOf(it) === undefined ? [it.id] : [])),
  }
}

/** Runs one job: observes, exposes, and watches to the end or to the rollback. */
export function runReplay(replay: Replay, job: ReplayJob): ReplayOutcome {
  const { plan, watched } = replay
  let rollout = exposedAt(replay, job)
  let goAfterWindows: number | undefined
  let heldAfterWindows: number | undefined
  for (const [index, window] of watched.entries()) {
    rollout = fold(plan, rollout, [measured(plan, window, job)])
    const now = new Date(window.end.getTime() + lagMs(plan))
    const decision = advance(plan, rollout, { approved: true }, now)
    if (decision.kind === 'roll-back') {
      return { job, rolledBack: { afterWindows: index + 1, at: window.end, cause: decision.cause } }
    }
    const goes =
      decision.kind === 'advance' ||
      decision.kind === 'complete' ||
      (decision.kind === 'hold' && decision.reason === 'approval')
    const held = decision.kind === 'hold' && HARMFUL.has(decision.reason)
    if (goes) goAfterWindows ??= index + 1
    if (held) heldAfterWindows ??= index + 1
  }
  return {
    job,
    ...(heldAfterWindows === undefined ? {} : { heldAfterWindows }),
    ...(goAfterWindows === undefined ? {} : { goAfterWindows }),
  }
}

/** What the outcomes of all jobs say of the plan. */
export function reportReplay(
  original: RolloutPlan,
  replay: Replay | undefined,
  outcomes: readonly ReplayOutcome[],
): ReplayReport {
  if (replay === undefined) return TOO_SHORT
  const { plan, observed, watched, left, leftCriteria } = replay
  const steps = [...Map.groupBy(outcomes, ({ job: { step } }) => `${step.stage}/${step.increment}`).values()]
  const reports = steps.flatMap((group) => stepReport(plan, group))
  return {
    verdict: reports.some(({ rolledBack }) => rolledBack > 0) ? 'rolls-back' : 'fine',
    windowMs: plan.windowMs,
    coarser: plan.windowMs > original.windowMs,
    from: (observed[0] ?? watched[0])?.end ?? null,
    to: watched.at(-1)?.end ?? null,
    observedWindows: observed.length,
    watchedWindows: watched.length,
    requests: watched.reduce((sum, it) => sum + it.n.reduce((all, n) => all + n, 0), 0),
    left,
    leftCriteria,
    steps: reports,
  }
}

/** Why the plan is refused; undefined where it is not. */
export function replayRefusal(report: ReplayReport): string | undefined {
  const bad = report.steps.filter(({ rolledBack }) => rolledBack > 0)
  const [first] = bad
  if (first === undefined) return undefined
  const share = `${first.rolledBack} of ${first.splits} ways to choose the exposed users`
  return `the plan would have rolled back traffic in which nothing was changed: at ${first.percent} % of stage ${first.name}, in ${share}, the first at ${first.at?.toISOString() ?? ''}: ${first.reason ?? ''}. ${REMEDY}`
}

const REMEDY =
  'Give a ceiling above the usual rate, declare the dispersion (phi) with a reason, or remove the cause'

const TOO_SHORT: ReplayReport = {
  verdict: 'too-short',
  windowMs: 0,
  coarser: false,
  from: null,
  to: null,
  observedWindows: 0,
  watchedWindows: 0,
  requests: 0,
  left: [],
  leftCriteria: [],
  steps: [],
}

/** Disjoint choices of the exposed slices, or of the control's where that is the smaller part; one, of all, without a control. */
function splitsOf(plan: RolloutPlan, step: Step, slices: number): ReplayJob[] {
  const all = Array.from({ length: slices }, (_, slice) => slice)
  if (!hasControl(plan, step)) return [{ step, exposed: all }]
  const exposed = Math.min(slices - 1, Math.max(1, Math.round((percentOf(plan, step) / 100) * slices)))
  const part = Math.min(exposed, slices - exposed)
  const splits = Math.min(MOST_SPLITS, Math.floor(slices / part))
  return Array.from({ length: splits }, (_, index) => {
    const chosen = new Set(all.slice(index * part, (index + 1) * part))
    return { step, exposed: all.filter((slice) => chosen.has(slice) === (part === exposed)) }
  })
}

/** The plan as it judges windows of another length; nothing is shorter than two of them. */
function inWindows(plan: RolloutPlan, windowMs: number): RolloutPlan {
  const criteria = measuredOf(plan)
    .filter((it) => countedOf(it) !== undefined)
    .map((it) => ({ ...it, blindBudgetMs: Math.max(it.blindBudgetMs, 2 * windowMs) }))
  // Each guardrail keeps its share of alpha.
  const alpha = (plan.alpha * countedGuardrails(plan)) / guardrailsOf(plan).length
  return { ...plan, windowMs, criteria, alpha }
}

function countedGuardrails(plan: RolloutPlan): number {
  return guardrailsOf(plan).filter((it) => countedOf(it) !== undefined).length
}

/** A rollout at the beginning of the increment, with what was observed before. */
function exposedAt({ plan, observed, watched }: Replay, job: ReplayJob): Rollout {
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
  const seen = fold(
    plan,
    observing,
    observed.map((window) => measured(plan, window, job)),
  )
  const bake = { windows: observed.length, healthy: observed.length, needed: 0 }
  const decision = { kind: 'advance', to: { kind: 'running', ...job.step }, bake, verdicts: [] } as const
  const running = transition(plan, seen, { kind: 'decided', decision }, begin)
  if (isRefusal(running)) throw new Error(`a replay cannot begin: ${running.message}`)
  return running
}

function measured(plan: RolloutPlan, window: SlicedWindow, { exposed }: ReplayJob): Window {
  return {
    end: window.end,
    measurements: measuredOf(plan).map((criterion) => ({
      criterion: criterion.id,
      kind: 'ok',
      audiences: [{ audience: 'everybody', ...splitWindow(window, exposed, countedOf(criterion) ?? 'bad') }],
    })),
  }
}

function stepReport(plan: RolloutPlan, outcomes: readonly ReplayOutcome[]): StepReplay[] {
  const step = outcomes[0]?.job.step
  if (step === undefined) return []
  const rolled = outcomes.flatMap(({ rolledBack }) => rolledBack ?? [])
  const [first] = rolled.toSorted((a, b) => a.at.getTime() - b.at.getTime())
  const went = outcomes.map((it) => it.goAfterWindows ?? Infinity).toSorted((a, b) => a - b)
  const median = went[Math.floor(went.length / 2)] ?? Infinity
  return [
    {
      ...step,
      name: stageOf(plan, step.stage).name,
      percent: percentOf(plan, step),
      control: hasControl(plan, step),
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
