/**
 * A rollout plan while it is being written: pure changes of stages, increments and criteria, so that
 * pointer, keyboard and fields do the same. A plan in here always says everything, as the server stores it.
 */
import type { RolloutPlan } from '@flagmarshal/api/rollout-plan'
import { expectedShare } from '@flagmarshal/domain/rollout/exposure'
import { guardrail } from '@flagmarshal/domain/rollout/plan'

export type Stage = RolloutPlan['stages'][number]
export type Criterion = RolloutPlan['criteria'][number]

/** A criterion of counts, not of reports. */
export type RatioCriterion = Exclude<Criterion, { role: 'report' }>
/** A resource of a service as the source of one. */
export type ResourceSource = Extract<RatioCriterion['source'], { kind: 'resources' }>

/** A time in which nothing may start. */
export interface Blackout {
  readonly from: string
  readonly to: string
  readonly reason: string
}

/** The fields of step 3 that the form writes. */
export interface PlanDraft {
  readonly plan?: RolloutPlan
  /** Expected share of everybody, 0 to 1, by audience id. */
  readonly audienceShares?: Readonly<Record<string, number>>
  readonly timeline?: {
    readonly start?: string
    readonly expectedCompletion?: string
    readonly blackouts?: readonly Blackout[]
  }
}

const DAY_MS = 86_400_000
const WHOLE_PERCENT = 100

/** The plan with one stage replaced. */
export function withStage(plan: RolloutPlan, index: number, fields: Partial<Stage>): RolloutPlan {
  return { ...plan, stages: plan.stages.map((it, at) => (at === index ? { ...it, ...fields } : it)) }
}

/** The plan with a stage moved by so many places; as it is where there is no such place. */
export function moveStage(plan: RolloutPlan, index: number, by: number): RolloutPlan {
  const to = index + by
  const stage = plan.stages[index]
  if (stage === undefined || to < 0 || to >= plan.stages.length) return plan
  const rest = plan.stages.filter((_, at) => at !== index)
  return { ...plan, stages: [...rest.slice(0, to), stage, ...rest.slice(to)] }
}

/** The plan with one more stage of everybody before the last one. */
export function addStage(plan: RolloutPlan): RolloutPlan {
  const names = new Set(plan.stages.map((it) => it.name))
  let number = plan.stages.length + 1
  while (names.has(`stage-${number}`)) number += 1
  const stage: Stage = {
    name: `stage-${number}`,
    audience: { id: 'everybody' },
    increments: [Math.max(1, Math.round(highestBefore(plan, plan.stages.length - 1)))],
    bakeMs: DAY_MS,
    maxMs: 2 * DAY_MS,
    advance: 'auto',
  }
  return { ...plan, stages: [...plan.stages.slice(0, -1), stage, ...plan.stages.slice(-1)] }
}

/** The plan without a stage; the last one of all stays. */
export function removeStage(plan: RolloutPlan, index: number): RolloutPlan {
  return plan.stages.length < 2 ? plan : { ...plan, stages: plan.stages.filter((_, at) => at !== index) }
}

/** The highest percent of everybody that a stage before this one reaches. */
function highestBefore(plan: RolloutPlan, index: number): number {
  const before = plan.stages.slice(0, index).filter((it) => it.audience.id === 'everybody')
  return Math.max(1, ...before.flatMap((it) => it.increments))
}

/** An increment set to a percent: whole where it is above 1, between its neighbours. */
export function setIncrement(increments: readonly number[], index: number, percent: number): number[] {
  const low = increments[index - 1] ?? 0.1
  const high = increments[index + 1] ?? WHOLE_PERCENT
  const rounded = percent >= 1 ? Math.round(percent) : Math.round(percent * 10) / 10
  const value = Math.min(high, Math.max(low, rounded))
  return increments.map((it, at) => (at === index ? value : it))
}

/** One more increment, in the middle of the widest gap. */
export function addIncrement(increments: readonly number[]): number[] {
  const edges = [0, ...increments, WHOLE_PERCENT]
  const gaps = edges.slice(1).map((it, index) => ({ from: edges[index] ?? 0, to: it }))
  const widest = gaps.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0]
  if (widest === undefined || widest.to - widest.from < 2) return [...increments]
  return [...increments, Math.round((widest.from + widest.to) / 2)].toSorted((a, b) => a - b)
}

/** Without one increment; the last one of all stays. */
export function removeIncrement(increments: readonly number[], index: number): number[] {
  return increments.length < 2 ? [...increments] : increments.filter((_, at) => at !== index)
}

/** The plan with one criterion replaced. */
export function withCriterion(plan: RolloutPlan, index: number, criterion: Criterion): RolloutPlan {
  return { ...plan, criteria: plan.criteria.map((it, at) => (at === index ? criterion : it)) }
}

/** A guardrail of failed or slow requests, with the usual settings. */
export function newGuardrail(plan: RolloutPlan, counts: 'bad' | 'slow'): RolloutPlan {
  const id = freeId(plan, counts === 'bad' ? 'errors' : 'slow')
  const made = guardrail(id, { kind: 'telemetry', counts }, { ceiling: 0.02 }) as Criterion
  return { ...plan, criteria: [...plan.criteria, made] }
}

/** A watch that holds while an instance uses more than one core. */
export function newResourceWatch(plan: RolloutPlan): RolloutPlan {
  const source: ResourceSource = { kind: 'resources', resource: 'cpu', limit: 1 }
  const made = guardrail(freeId(plan, 'cpu'), source, { onFail: 'hold' })
  return { ...plan, criteria: [...plan.criteria, { ...made, role: 'watch' }] }
}

function freeId({ criteria }: RolloutPlan, word: string): string {
  const taken = new Set(criteria.map((it) => it.id))
  let id = word
  for (let number = 2; taken.has(id); number += 1) id = `${word}-${number}`
  return id
}

/** Audiences that a stage or one before it exposes, whose share of everybody is not given. */
export function missingShares({ plan, audienceShares = {} }: PlanDraft, stage: number): readonly string[] {
  const reached = new Set(plan?.stages.slice(0, stage + 1).map((it) => it.audience.id))
  return [...reached].filter((it) => it !== 'everybody' && audienceShares[it] === undefined)
}

/** Expected users that an increment exposes in all; undefined where the share of an audience is not known. */
export function expectedUsers(
  draft: PlanDraft,
  stage: number,
  increment: number,
): { readonly share: number; readonly users: number } | undefined {
  const { plan, audienceShares = {} } = draft
  if (plan === undefined) return undefined
  if (missingShares(draft, stage).length > 0) return undefined
  const share = expectedShare(plan, { stage, increment }, audienceShares)
  return { share, users: Math.round(share * plan.expectedKeys) }
}

/** When each stage begins at the earliest, after a start: observing first, then each stage's bake time. */
export function earliestTimes(plan: RolloutPlan, start: Date): readonly { name: string; at: Date }[] {
  let at = start.getTime() + plan.observeWindows * plan.windowMs
  const stages = plan.stages.map(({ name, bakeMs }) => {
    const begins = new Date(at)
    at += bakeMs
    return { name, at: begins }
  })
  return [{ name: 'observing', at: start }, ...stages, { name: 'everybody, judged', at: new Date(at) }]
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
}

/** `1 h 30 min` in milliseconds; undefined where the text says no time. */
export function durationOf(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)/g)]
  const rest = text.replaceAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)/g, '').trim()
  if (parts.length === 0 || rest !== '') return undefined
  return Math.round(parts.reduce((sum, [, n, unit]) => sum + Number(n) * (UNITS[unit ?? ''] ?? 0), 0))
}

/** Milliseconds as they are typed: `2 d`, `1 h 30 min`, `500 ms`. */
export function durationWords(ms: number): string {
  if (ms === 0) return '0 s'
  const words: string[] = []
  let left = ms
  for (const unit of ['d', 'h', 'min', 's', 'ms']) {
    const size = UNITS[unit] ?? 1
    const count = Math.floor(left / size)
    if (count > 0) words.push(`${count} ${unit}`)
    left -= count * size
  }
  return words.join(' ')
}
