/**
 * What came of asking for metrics before they are needed: a query that is wrong refuses the plan, a
 * source that does not answer leaves it unknown, and data that is not there yet is shown. Before
 * anybody is exposed, most arms have none.
 */
import type { MetricTrial } from '../../analysis/metric.ts'
import type { UnknownKind } from '../../analysis/model.ts'
import { lagMs } from '../../rollout/schedule.ts'
import type { ServedPlan } from '../../rollout/served-plan.ts'
import type { BoundMetric } from './outputs.ts'

/** One sentence each. */
export interface TrialFindings {
  readonly wrong: readonly string[]
  readonly unknown: readonly string[]
  /** Worth knowing, and no reason against it. */
  readonly notes: readonly string[]
}

/** Kinds of unknown that time does not heal. */
const WRONG: ReadonlySet<MetricTrial['kind']> = new Set<UnknownKind>(['bad_query', 'ambiguous', 'nan'])
/** Kinds that say nothing of the query. */
const UNSEEN: ReadonlySet<MetricTrial['kind']> = new Set<UnknownKind>(['provider_error', 'partial'])

/** P-S3-5: the criteria of a plan refer to metrics that exist. */
export function criterionFindings(
  plan: ServedPlan,
  trials: readonly MetricTrial[] | undefined,
): TrialFindings {
  const asked = plan.criteria.flatMap((it) =>
    it.role !== 'report' && it.source.kind !== 'telemetry' ? [it.id] : [],
  )
  const { wrong, unknown, notes } = findingsOn(asked, trials)
  const lag = lagMs(plan)
  const early = (trials ?? []).filter((it) => asked.includes(it.of) && (it.lagMs ?? 0) > lag)
  return {
    wrong: [
      ...wrong,
      ...early.map(
        (it) =>
          `${it.of}: windows close ${lag} ms after their end, and its source is complete after ${it.lagMs} ms: set lagMs`,
      ),
    ],
    unknown,
    notes,
  }
}

/** P-S4-1: the metrics that people look at exist. */
export function trialFindings(
  bound: readonly BoundMetric[],
  trials: readonly MetricTrial[] | undefined,
): TrialFindings {
  return findingsOn(
    bound.flatMap((it) => ('name' in it ? [it.name] : [])),
    trials,
  )
}

function findingsOn(asked: readonly string[], trials: readonly MetricTrial[] | undefined): TrialFindings {
  const found = asked.map((it) => trials?.find((one) => one.of === it))
  const tried = found.filter((it) => it !== undefined)
  const sentences = (some: readonly MetricTrial[]) => some.map(sentenceOf)
  return {
    wrong: sentences(tried.filter(({ kind }) => WRONG.has(kind))),
    unknown: [
      ...asked
        .filter((_, index) => found[index] === undefined)
        .map((it) => `${it}: nobody has asked for it yet`),
      ...sentences(tried.filter(({ kind }) => UNSEEN.has(kind))),
    ],
    notes: sentences(tried.filter(({ kind }) => kind !== 'ok' && !WRONG.has(kind) && !UNSEEN.has(kind))),
  }
}

function sentenceOf({ of, kind, detail }: MetricTrial): string {
  return `${of}: ${kind.replace('_', ' ')}, ${detail}`
}
