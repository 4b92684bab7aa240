/**
 * The alert rules of a plan, as data: one source for the built-in evaluator, for Prometheus and for
 * the documents.
 *
 * Each criterion alarms at its threshold and, where that is lower than an outage, at an outage too.
 * A ceiling is also a budget: burn rates alarm when a part of a month's budget goes in little time.
 */
import type { RatioCriterion } from '../analysis/model.ts'
import type { ServedPlan } from '../rollout/served-plan.ts'

/** What a rule is about: failed requests, slow ones, or an emergency. */
export type AlertClass = 'error-rate' | 'performance' | 'critical'

/** `page` wakes somebody up, `ticket` waits for the morning. */
export type Urgency = 'page' | 'ticket'

/** Fires when the share of bad requests of the exposed is above the threshold in every one of its windows. */
export interface AlertRule {
  /** Unique in the plan; the rule at a criterion's threshold is named after it. */
  readonly id: string
  readonly criterion: string
  readonly kind: 'threshold' | 'outage' | 'burn'
  readonly class: AlertClass
  readonly urgency: Urgency
  /** Shortest first. */
  readonly windowsMs: readonly number[]
  /** Share, 0..1. */
  readonly threshold: number
  /** How long it must hold before it fires. */
  readonly forMs: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const BUDGET_MS = 30 * DAY_MS

/**
 * Part of a 30 days' budget that goes in the long window; the short one says that it still goes.
 * The four pairs of "Alerting on SLOs" in The Site Reliability Workbook, chapter 5.
 */
export const BURN_RATES = [
  { shortMs: 5 * MINUTE_MS, longMs: HOUR_MS, part: 0.02, urgency: 'page' },
  { shortMs: 30 * MINUTE_MS, longMs: 6 * HOUR_MS, part: 0.05, urgency: 'page' },
  { shortMs: 2 * HOUR_MS, longMs: DAY_MS, part: 0.1, urgency: 'ticket' },
  { shortMs: 6 * HOUR_MS, longMs: 3 * DAY_MS, part: 0.1, urgency: 'ticket' },
] as const satisfies readonly {
  readonly shortMs: number
  readonly longMs: number
  readonly part: number
  readonly urgency: Urgency
}[]

/** Windows that a threshold is judged over. */
const WINDOWS = 5

/** What else the rules depend on. */
export interface RuleSettings {
  /** No window is shorter than this: four scrapes, or the grain of what was counted. */
  readonly leastWindowMs: number
  /** What each criterion is about, by its id; failed requests unless given or counted as slow ones. */
  readonly classes?: Readonly<Record<string, AlertClass>>
}

/** The built-in telemetry counts in minutes. */
export const BUILT_IN: RuleSettings = { leastWindowMs: 5 * MINUTE_MS }

/** The rules of a plan: criteria in their order, each from its threshold to its slowest burn. */
export function alertRulesOf(plan: ServedPlan, settings: RuleSettings = BUILT_IN): readonly AlertRule[] {
  const windowMs = Math.max(WINDOWS * plan.windowMs, settings.leastWindowMs)
  return plan.criteria.flatMap((it) => {
    // A sum of values, or a resource, has no share that could be too high: it holds or rolls back by itself.
    if (it.role === 'report' || it.mean !== undefined || it.source.kind === 'resources') return []
    const about = settings.classes?.[it.id] ?? classOf(it)
    return [...thresholds(it, about, { windowMs, forMs: plan.windowMs }), ...burns(it, about)]
  })
}

function classOf({ source }: RatioCriterion): AlertClass {
  return 'counts' in source && source.counts === 'slow' ? 'performance' : 'error-rate'
}

function thresholds(
  { id, ceiling, hardFloor }: RatioCriterion,
  about: AlertClass,
  { windowMs, forMs }: { readonly windowMs: number; readonly forMs: number },
): readonly AlertRule[] {
  const shared = { criterion: id, urgency: 'page', windowsMs: [windowMs] } as const
  const outage = { ...shared, kind: 'outage', class: 'critical', threshold: hardFloor, forMs: 0 } as const
  if (ceiling === undefined || ceiling >= hardFloor) return [{ ...outage, id }]
  return [
    { ...shared, id, kind: 'threshold', class: about, threshold: ceiling, forMs },
    { ...outage, id: `${id}-outage` },
  ]
}

/** A burn that not even a share of 1 would reach is no rule. */
function burns({ id, ceiling }: RatioCriterion, about: AlertClass): readonly AlertRule[] {
  if (ceiling === undefined) return []
  return BURN_RATES.flatMap(({ shortMs, longMs, part, urgency }): AlertRule[] => {
    const threshold = ((part * BUDGET_MS) / longMs) * ceiling
    if (threshold >= 1) return []
    const name = `${id}-burn-${longMs / HOUR_MS}h`
    const windowsMs = [shortMs, longMs]
    return [{ id: name, criterion: id, kind: 'burn', class: about, urgency, windowsMs, threshold, forMs: 0 }]
  })
}
