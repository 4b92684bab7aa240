/**
 * What an A/A replay runs: each increment of the plan with some users as the exposed arm, and the
 * watch after 100 %.
 *
 * Every user stands in the exposed arm once: one host that retries, or one ceiling below the usual
 * rate, is found whoever the rollout will happen to expose. Of a segment nothing is known but its
 * share, so that as many users, whoever they are, stand for it.
 */
import { TRAFFIC_SLICES } from '@flagmarshal/evaluation'

import type { RolloutPlan } from './model.ts'
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
import type { LeftOut, TriedHistory, TriedWindow } from './tried-history.ts'

/** Ways to choose the exposed slices that are tried at one increment, at most. */
const MOST_SPLITS = 10

/** Windows that are replayed at most: a day of minutes. As many again may be observed before. */
const MOST_WINDOWS = 1_440

const ALL = Array.from({ length: TRAFFIC_SLICES }, (_, slice) => slice)

/** One increment with one choice of the users. */
export interface ReplayJob {
  readonly step: Step
  /** Everybody is exposed already, and harm still rolls back. */
  readonly afterwards: boolean
  readonly audience: string
  /** Slices that stand for the audience. */
  readonly users: readonly number[]
  /** Of these, the exposed arm. */
  readonly exposed: readonly number[]
  /** The criteria that can be judged there, in windows that the history has. */
  readonly plan: RolloutPlan
}

/** A replay that has been laid out and can be run piece by piece. */
export interface Replay {
  readonly windowMs: number
  readonly observed: readonly TriedWindow[]
  readonly watched: readonly TriedWindow[]
  readonly jobs: readonly ReplayJob[]
  /** Stages of segments of which nobody says how many belong to them. */
  readonly left: readonly string[]
  readonly leftCriteria: readonly LeftOut[]
}

/** Lays the replay of a plan out; without a job where the history is too short to say anything. `shares` are of everybody, by audience. */
export function layOutReplay(
  plan: RolloutPlan,
  history: TriedHistory,
  shares: Readonly<Record<string, number>> = {},
): Replay {
  const { windows, windowMs, left: leftCriteria } = history
  const wanted = Math.round((plan.observeWindows * plan.windowMs) / windowMs)
  const observe = Math.min(wanted, MOST_WINDOWS, Math.floor(windows.length / 2))
  const watched = windows.slice(
    observe === 0 ? -MOST_WINDOWS : Math.max(observe, windows.length - MOST_WINDOWS),
  )
  const begin = windows.length - watched.length
  const left = new Set<string>()
  const jobs: ReplayJob[] = []
  const plans = plansOf(plan, history)
  for (
    let step: Step | undefined = { stage: 0, increment: 0 };
    step !== undefined && watched.length >= LEAST_WINDOWS;
    step = nextStep(plan, step)
  ) {
    const { name, audience } = stageOf(plan, step.stage)
    const share = audience.id === 'everybody' ? 1 : shares[audience.id]
    if (share === undefined) left.add(name)
    else jobs.push(...jobsAt(plan, step, share, plans))
  }
  return {
    windowMs,
    observed: observe === 0 ? [] : windows.slice(Math.max(0, begin - observe), begin),
    watched,
    jobs,
    left: [...left],
    leftCriteria,
  }
}

/** The plan as it can be judged: with a control, and without one. Undefined where no guardrail is left. */
interface Plans {
  readonly compared: RolloutPlan | undefined
  readonly alone: RolloutPlan | undefined
}

function plansOf(plan: RolloutPlan, { tried, windowMs }: TriedHistory): Plans {
  return {
    compared: planOf(plan, windowMs, (id) => tried.get(id)?.sliced === true),
    alone: planOf(plan, windowMs, (id) => tried.has(id)),
  }
}

/** The plan with some of its criteria, in windows of another length; nothing is shorter than two of them. */
function planOf(
  plan: RolloutPlan,
  windowMs: number,
  isTried: (criterion: string) => boolean,
): RolloutPlan | undefined {
  const criteria = measuredOf(plan)
    .filter((it) => isTried(it.id))
    .map((it) => ({ ...it, blindBudgetMs: Math.max(it.blindBudgetMs, 2 * windowMs) }))
  const guardrails = criteria.filter((it) => it.role === 'guardrail').length
  if (guardrails === 0) return undefined
  // Each guardrail keeps its share of alpha.
  const alpha = (plan.alpha * guardrails) / guardrailsOf(plan).length
  return { ...plan, windowMs, criteria, alpha }
}

// oxlint-disable-next-line max-params -- private: where, of whom, and by what
function jobsAt(plan: RolloutPlan, step: Step, share: number, plans: Plans): ReplayJob[] {
  const audience = stageOf(plan, step.stage).audience.id
  const common = { step, audience, afterwards: false }
  const compared = hasControl(plan, step)
  const judged = compared ? plans.compared : plans.alone
  const choices = compared ? comparedChoices(share, percentOf(plan, step)) : wholeChoices(share)
  const jobs = judged === undefined ? [] : choices.map((it) => ({ ...common, ...it, plan: judged }))
  const last = nextStep(plan, step) === undefined
  // Without a holdback the last increment has exposed everybody already.
  if (!last || !compared || (plan.watchMs ?? 0) <= 0 || plans.alone === undefined) return jobs
  return [...jobs, { ...common, afterwards: true, users: ALL, exposed: ALL, plan: plans.alone }]
}

interface Choice {
  readonly users: readonly number[]
  readonly exposed: readonly number[]
}

/** Disjoint groups of users, as large as the audience, all of them exposed. */
function wholeChoices(share: number): Choice[] {
  return groupsOf(share, 1)
    .slice(0, MOST_SPLITS)
    .map((users) => ({ users, exposed: users }))
}

/** In each of these groups disjoint choices of the exposed slices, or of the control's where that is the smaller part. */
function comparedChoices(share: number, percent: number): Choice[] {
  const groups = groupsOf(share, 2)
  const size = groups[0]?.length ?? 0
  const exposed = Math.min(size - 1, Math.max(1, Math.round((percent / 100) * size)))
  const part = Math.min(exposed, size - exposed)
  const choices: Choice[] = []
  for (let index = 0; index < Math.floor(size / part); index++) {
    for (const users of groups) {
      const chosen = new Set(users.slice(index * part, (index + 1) * part))
      choices.push({ users, exposed: users.filter((it) => chosen.has(it) === (part === exposed)) })
    }
  }
  return choices.slice(0, MOST_SPLITS)
}

/** Groups of whole slices, the smallest that can be told apart where the audience is smaller. */
function groupsOf(share: number, least: number): number[][] {
  const size = Math.min(TRAFFIC_SLICES, Math.max(least, Math.round(share * TRAFFIC_SLICES)))
  return Array.from({ length: Math.floor(TRAFFIC_SLICES / size) }, (_, index) =>
    ALL.slice(index * size, (index + 1) * size),
  )
}
