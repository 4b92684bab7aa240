/**
 * What people report, judged: open issues and feedback as criteria, and the incident that freezes a rollout.
 *
 * An issue that was open before anybody was exposed keeps the rollout from advancing; only one that
 * came since rolls it back. Nothing reported is no feedback: unknown, never good.
 */
import type { Report } from '../analysis/model.ts'
import { SEVERITIES } from '../signal/report.ts'
import type { ReportKind, Severity } from '../signal/report.ts'
import type { ReportFound, Rollout, RolloutPlan } from './model.ts'
import { positionOf, stageOf } from './position.ts'

/** A report as far as it matters here. */
export interface ReportSeen {
  readonly id: string
  /** `project`: it names no feature. */
  readonly about: 'feature' | 'project'
  readonly kind: ReportKind
  readonly severity: Severity
  /** Of feedback. */
  readonly positive?: boolean
  readonly open: boolean
  readonly at: Date
}

/** The verdict on a report criterion. */
export interface ReportVerdict {
  readonly kind: 'go' | 'no-go' | 'no-data'
  readonly role: 'report'
  readonly criterion: string
  readonly found: ReportFound
}

/** The verdicts on the report criteria that the present stage asks; none while nobody is exposed. */
export function reportVerdicts(
  plan: RolloutPlan,
  rollout: Rollout,
  reports: readonly ReportSeen[],
): ReportVerdict[] {
  return askedCriteria(plan, rollout).map((criterion) => {
    const found = foundBy(criterion, rollout, reports)
    return { kind: kindOf(found), role: 'report', criterion: criterion.id, found }
  })
}

/** What rolls the rollout back: the first criterion that fails by what was reported since the first exposure. */
export function reportedHarm(
  plan: RolloutPlan,
  rollout: Rollout,
  reports: readonly ReportSeen[],
): { readonly criterion: string; readonly found: ReportFound } | undefined {
  const { exposedAt } = rollout
  if (exposedAt === undefined) return undefined
  const since = reports.filter(({ at }) => at >= exposedAt)
  for (const criterion of askedCriteria(plan, rollout)) {
    if (criterion.onFail !== 'roll-back') continue
    const found = foundBy(criterion, rollout, since)
    if (kindOf(found) === 'no-go') return { criterion: criterion.id, found }
  }
  return undefined
}

/** The report criteria that fail and do not roll back by what they have found. */
export function failedCriteria(
  plan: RolloutPlan,
  rollout: Rollout,
  reports: readonly ReportSeen[],
): readonly Report[] {
  return askedCriteria(plan, rollout).filter(
    (criterion) => kindOf(foundBy(criterion, rollout, reports)) === 'no-go',
  )
}

/** The incident that is open, the gravest first; minor ones stop nothing. */
export function openIncident(reports: readonly ReportSeen[]): ReportSeen | undefined {
  const open = reports.filter((it) => it.open && it.kind === 'incident')
  return open.find((it) => it.severity === 'critical') ?? open.find((it) => it.severity === 'major')
}

function askedCriteria(plan: RolloutPlan, rollout: Rollout): readonly Report[] {
  const { state } = rollout
  const position = positionOf(rollout)
  const stage = state.kind === 'completed' ? plan.stages.length - 1 : stageNumber(position)
  if (stage === undefined) return []
  const { name } = stageOf(plan, stage)
  return plan.criteria.filter(
    (criterion) => criterion.role === 'report' && (criterion.stages?.includes(name) ?? true),
  ) as Report[]
}

function stageNumber(position: ReturnType<typeof positionOf>): number | undefined {
  return position?.kind === 'running' ? position.stage : undefined
}

function foundBy(criterion: Report, rollout: Rollout, reports: readonly ReportSeen[]): ReportFound {
  const own = reports.filter((it) => it.about === 'feature')
  const { feedback, kinds, severity, max } = criterion
  if (feedback === undefined) {
    const grave = SEVERITIES.slice(0, SEVERITIES.indexOf(severity) + 1)
    const open = own.filter(
      (it) =>
        it.open &&
        it.kind !== 'feedback' &&
        (kinds?.includes(it.kind) ?? true) &&
        grave.includes(it.severity),
    )
    return { counts: 'issues', open: open.length, max, severity }
  }
  const { exposedAt } = rollout
  const said = own.filter((it) => it.kind === 'feedback' && exposedAt !== undefined && it.at >= exposedAt)
  const good = said.filter((it) => it.positive === true).length
  return { counts: 'feedback', n: said.length, good, ...feedback }
}

function kindOf(found: ReportFound): ReportVerdict['kind'] {
  if (found.counts === 'issues') return found.open > found.max ? 'no-go' : 'go'
  if (found.n < found.least || found.n === 0) return 'no-data'
  return found.good >= found.positive * found.n ? 'go' : 'no-go'
}
