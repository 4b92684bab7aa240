/**
 * The plan that a feature starts from: the procedure's four stages and the defaults of a criterion.
 */
import type { Guardrail, MetricSource, Report } from '../analysis/model.ts'
import type { RolloutPlan } from './model.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** A guardrail with the defaults: harm from 1.1 times the control's rate, an outage from 50 %, 15 minutes blind at most. */
export function guardrail(id: string, source: MetricSource, settings: Partial<Guardrail> = {}): Guardrail {
  return {
    harmRatio: 1.1,
    safeRatio: 2,
    hardFloor: 0.5,
    onFail: 'roll-back',
    noData: 'hold',
    blindBudgetMs: 15 * MINUTE_MS,
    ...settings,
    id,
    role: 'guardrail',
    source,
  }
}

/** What people say (P-S3-10): nothing critical open, nothing major among beta users, who must like it; data and security turn off. */
export const DEFAULT_REPORTS: readonly Report[] = [
  {
    id: 'data-or-security',
    role: 'report',
    kinds: ['data-loss', 'security'],
    severity: 'critical',
    max: 0,
    onFail: 'roll-back',
  },
  { id: 'critical-issues', role: 'report', severity: 'critical', max: 0, onFail: 'page' },
  { id: 'major-issues', role: 'report', severity: 'major', max: 0, stages: ['beta'], onFail: 'hold' },
  {
    id: 'feedback',
    role: 'report',
    severity: 'minor',
    max: 0,
    feedback: { least: 5, positive: 0.8 },
    stages: ['beta'],
    onFail: 'hold',
  },
]

/** The segments that the first two stages of the default plan expose. */
export interface FirstAudiences {
  readonly staff: string
  readonly beta: string
}

/**
 * Internal and beta users first, half of them before all so that there is a control, then everybody.
 * Bake times are the lower bounds of the procedure's stages, maxima the higher ones; a day is
 * observed before anybody is exposed.
 */
export function defaultPlan(audiences: FirstAudiences, guardrails: readonly Guardrail[]): RolloutPlan {
  return {
    windowMs: MINUTE_MS,
    observeWindows: DAY_MS / MINUTE_MS,
    stages: [
      {
        name: 'internal',
        audience: { id: 'internal', segment: audiences.staff },
        limit: 5,
        increments: [50, 100],
        bakeMs: DAY_MS,
        maxMs: 2 * DAY_MS,
        advance: 'manual',
      },
      {
        name: 'beta',
        audience: { id: 'beta', segment: audiences.beta },
        limit: 10,
        increments: [50, 100],
        bakeMs: 2 * DAY_MS,
        maxMs: 3 * DAY_MS,
        advance: 'manual',
      },
      {
        name: 'gradual',
        audience: { id: 'everybody' },
        increments: [10, 25, 50],
        bakeMs: 3 * DAY_MS,
        maxMs: 5 * DAY_MS,
        advance: 'auto',
      },
      {
        name: 'full',
        audience: { id: 'everybody' },
        increments: [100],
        bakeMs: 2 * DAY_MS,
        maxMs: 3 * DAY_MS,
        advance: 'auto',
      },
    ],
    criteria: [...guardrails, ...DEFAULT_REPORTS],
    alpha: 0.001,
    beta: 0.01,
    lowTraffic: { policy: 'human' },
    holdback: 5,
    watchMs: DAY_MS,
    reviews: { everyMs: DAY_MS, checkpoints: [], role: 'operations-lead' },
  }
}
