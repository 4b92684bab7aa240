/**
 * The checks that the system makes by itself, one function each, by the check's id.
 */
import { whole, type Pieces } from '../../pieces.ts'
import type { CheckOutcome } from '../run.ts'
import { checkCodeReferences, checkExistingTests } from './check-code.ts'
import {
  checkDrift,
  checkFlagDocument,
  checkPlanDocument,
  checkPublished,
  checkReference,
  checkRollbackDocument,
  checkRunbooks,
} from './check-documents.ts'
import {
  checkFlagSystem,
  checkOffInProduction,
  checkSound,
  checkVerified,
  checkEnvironments,
} from './check-flags.ts'
import { checkProven, checkHandover } from './check-hooks.ts'
import {
  checkAlertRules,
  checkDashboards,
  checkPanels,
  checkPopulations,
  checkObservability,
  checkRoutes,
} from './check-monitoring.ts'
import { checkMonitoring, checkMonitoringFulfilsPlan } from './check-operations.ts'
import { checkPlan, checkTimeline } from './check-plan.ts'
import { checkPower } from './check-power.ts'
import { checkAtOnce, checkReview } from './check-requirements.ts'
import {
  checkCodeRollback,
  checkDataRollback,
  checkDataWatch,
  checkDescribed,
  checkQuickDisable,
  checkTriggers,
} from './check-rollback.ts'
import { checkLife, checkStrategy } from './check-strategy.ts'
import { checkTicket } from './check-ticket.ts'
import {
  checkFireDrill,
  checkFlagMonitoring,
  checkLayers,
  checkRollbackDrill,
  checkToggleSpeed,
} from './check-verification.ts'
import type { FlagRolloutFacts } from './facts.ts'

type Ask = (facts: FlagRolloutFacts) => CheckOutcome | Pieces<CheckOutcome>

/** Every available check of the procedure. */
export const CHECKS: Readonly<Record<string, Ask>> = {
  'P-S1-10': checkStrategy,
  'P-S1-12': checkLife,
  'P-S2-1': checkOffInProduction,
  'P-S2-2': checkCodeReferences,
  'P-S2-3': checkSound,
  'P-S2-4': checkVerified,
  'P-S2-5': checkToggleSpeed,
  'P-S2-6': checkExistingTests,
  'P-S2-8': checkLayers,
  'P-S2-9': checkEnvironments,
  'P-S3-4': checkTimeline,
  'P-S3-5': checkPlan,
  'P-S3-6': checkPower,
  'P-S3-8': checkAtOnce,
  'P-S3-9': checkReview,
  'P-S4-1': checkMonitoring,
  'P-S4-2': checkDashboards,
  'P-S4-3': checkAlertRules,
  'P-S4-4': checkRoutes,
  'P-S4-6': checkFireDrill,
  'P-S4-7': checkPanels,
  'P-S4-9': checkObservability,
  'P-S4-10': checkMonitoringFulfilsPlan,
  'P-S4-12': checkFlagMonitoring,
  'P-S4-13': checkPopulations,
  'P-S5-1': checkTriggers,
  'P-S5-2': checkQuickDisable,
  'P-S5-3': checkCodeRollback,
  'P-S5-4': checkDataRollback,
  'P-S5-5': checkDescribed,
  'P-S5-6': checkRollbackDrill,
  'P-S5-7': checkRollbackDocument,
  'P-S5-8': checkDataWatch,
  'P-S5-9': checkProven,
  'P-S5-10': checkHandover,
  'P-S6-1': checkFlagDocument,
  'P-S6-2': checkPlanDocument,
  'P-S6-3': checkRunbooks,
  'P-S6-4': checkReference,
  'P-S6-5': checkPublished,
  'P-S6-6': checkDrift,
  'P-S7-4': checkTicket,
  'P-V3': checkFlagSystem,
}

/** Runs one check. One that this version lacks is unknown, never a pass. */
export function runCheck(id: string, facts: FlagRolloutFacts): CheckOutcome {
  return whole(checking(id, facts))
}

/** What several come to, in their order. */
export function* outcomesOf<Check extends { readonly id: string }>(
  checks: readonly Check[],
  facts: FlagRolloutFacts,
): Pieces<readonly (Check & { readonly outcome: CheckOutcome })[]> {
  const outcomes: (Check & { readonly outcome: CheckOutcome })[] = []
  for (const check of checks) {
    outcomes.push({ ...check, outcome: yield* checking(check.id, facts) })
    yield
  }
  return outcomes
}

function* checking(id: string, facts: FlagRolloutFacts): Pieces<CheckOutcome> {
  const check = CHECKS[id]
  if (check === undefined) return { state: 'unknown', findings: ['not in this version'], facts: {} }
  const outcome = check(facts)
  return 'next' in outcome ? yield* outcome : outcome
}
