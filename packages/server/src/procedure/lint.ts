/** Gathers what the lint rules judge: the flags of a project, and the plans of its features' newest runs. */
import type { LintFinding } from '@flagmarshal/api/lint'
import { expiryOf } from '@flagmarshal/domain/flag/definition'
import { lintFlags } from '@flagmarshal/domain/lint/flags'
import type { LintedFlag, LintedPlan } from '@flagmarshal/domain/lint/flags'
import { LINT_RULES } from '@flagmarshal/domain/lint/rules'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { measuredOf } from '@flagmarshal/domain/rollout/position'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'

import { readPast } from '../analysis/past-criteria.ts'
import type { SourceParts } from '../analysis/sources.ts'
import type { Context } from '../context.ts'
import { lifetimeOfRow } from '../flag/view.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectLastCounted } from '../storage/flag-use.ts'
import { selectFeatures } from '../storage/procedures.ts'
import type { FeatureRow } from '../storage/procedures.ts'
import { outputsOf } from './facts.ts'
import { flagUses } from './flag-lifecycle.ts'
import { loadLatestRun } from './load.ts'

interface LintParts {
  readonly database: Database
  readonly sources: SourceParts
}

/** How long a criterion may have counted nothing. */
const SILENT_MS = 7 * 24 * 60 * 60_000

/** Every rule that is broken. */
export async function listLintFindings(
  context: Context,
  { database, sources }: LintParts,
  project: string,
): Promise<readonly LintFinding[] | Refusal> {
  const uses = await flagUses(context, database, project)
  if (isRefusal(uses)) return uses
  const flags = uses.flatMap(({ flag, use, asksFor }): readonly LintedFlag[] => {
    if (flag.archived_at !== null) return []
    const expiresAt = expiryOf(lifetimeOfRow(flag), flag.created_at)
    const { key, kind, owner } = flag
    return [{ key, kind, owner, use, asksFor, ...(expiresAt === undefined ? {} : { expiresAt }) }]
  })
  const plans = await loadPlans({ queries: database.kysely, sources, project }, context.now)
  return lintFlags({ flags, plans }, context.now).map(({ rule, level, subject, message }) => ({
    rule,
    title: LINT_RULES[rule].title,
    level,
    subject,
    message,
  }))
}

interface PlanPlace {
  readonly queries: Queries
  readonly sources: SourceParts
  readonly project: string
}

/** The plans that may still be followed: those of newest runs that were not aborted. */
async function loadPlans(place: PlanPlace, now: Date): Promise<readonly LintedPlan[]> {
  const features = await selectFeatures(place.queries, place.project)
  const plans: LintedPlan[] = []
  for (const feature of features) {
    const loaded = await loadLatestRun(place.queries, feature)
    if (loaded === undefined || loaded.run.abort !== undefined) continue
    const { plan: output, strategy } = outputsOf(loaded.run)
    const { plan } = output
    if (plan === undefined) continue
    const rollback = strategy.mitigation?.rollback
    plans.push({
      feature: feature.key,
      flag: feature.flag,
      criteria: plan.criteria,
      ...(rollback === undefined ? {} : { rollback }),
      silent: await silentCriteria(place, { feature, plan }, now),
    })
  }
  return plans
}

/** Criteria of which nothing was counted; one that nobody can be asked about is not said to be silent. */
async function silentCriteria(
  { queries, sources, project }: PlanPlace,
  { feature, plan }: { readonly feature: FeatureRow; readonly plan: ServedPlan },
  now: Date,
): Promise<readonly string[]> {
  const last = await selectLastCounted(queries, {
    project,
    environment: plan.environment,
    flag: feature.flag,
  })
  const isCounted = last !== undefined && now.getTime() - last.getTime() <= SILENT_MS
  const past = await readPast(queries, sources, { project, plan, lengthMs: SILENT_MS }, now)
  return measuredOf(plan).flatMap(({ id, source }) => {
    if (source.kind === 'telemetry') return isCounted ? [] : [id]
    const elsewhere = past.find((it) => it.criterion === id)
    return elsewhere?.kind === 'counted' && elsewhere.minutes.length === 0 ? [id] : []
  })
}
