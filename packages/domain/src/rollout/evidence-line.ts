/**
 * Evidence as a line over time: where the log E of each criterion stands after a window.
 *
 * It is what charts show beside the thresholds. Nothing is decided by it: decisions read the evidence.
 */
import { harmLogE } from '../analysis/breach.ts'
import { judgementOf } from '../analysis/criteria.ts'
import { NO_EVIDENCE } from '../analysis/evidence.ts'
import type { CriterionEvidence, Judgement } from '../analysis/model.ts'
import { audienceEvidence } from '../analysis/scope.ts'
import { mixtureLogE } from '../analysis/statistics/restart.ts'
import { lastPosition } from './after-completion.ts'
import type { Rollout, RolloutPlan } from './model.ts'
import {
  audiencesOf,
  guardrailsOf,
  hasControl,
  measuredOf,
  planDispersion,
  positionOf,
  stageOf,
} from './position.ts'

/** Where one criterion stands; null where that test does not speak: of a mean, without a control, without a ceiling. */
export interface EvidencePoint {
  readonly criterion: string
  /** Harm: F1r over all audiences, or F2b-harm of the present one where it has no control. */
  readonly harm: number | null
  /** Safety against `safeRatio` times the control: F2. */
  readonly relative: number | null
  /** Safety below the ceiling: F2b. */
  readonly absolute: number | null
}

/** What the evidence has to reach. */
export interface EvidenceNeeded {
  /** ln(M/alpha): rolls back. */
  readonly harm: number
  /** ln(1/beta): may be a Go. */
  readonly safe: number
}

/** Digits behind the point: a chart shows no more, and a row is kept for each window. */
const DIGITS = 4

/** The points after the window that was folded last; none while nobody is exposed. */
export function evidencePoints(plan: RolloutPlan, rollout: Rollout): EvidencePoint[] {
  const position = rollout.state.kind === 'completed' ? lastPosition(plan) : positionOf(rollout)
  if (position?.kind !== 'running') return []
  const { id: audience } = stageOf(plan, position.stage).audience
  const alone = rollout.state.kind === 'completed' || !hasControl(plan, position)
  const question = {
    audience,
    alone,
    beta: plan.beta,
    dispersion: (evidence: Parameters<typeof planDispersion>[1]) => planDispersion(plan, evidence),
  }
  return measuredOf(plan).map((criterion) => {
    const evidence = rollout.evidence[criterion.id] ?? NO_EVIDENCE
    const judgement = judgementOf(criterion, audienceEvidence(evidence, audience), question)
    const harm = criterion.mean === undefined ? harmOf(plan, evidence, judgement).logE : undefined
    return {
      criterion: criterion.id,
      harm: rounded(harm),
      relative: rounded(judgement.relative?.logE),
      absolute: rounded(judgement.safe?.logE),
    }
  })
}

/** The thresholds of the lines. */
export function evidenceNeeded(plan: RolloutPlan): EvidenceNeeded {
  return { harm: Math.log(guardrailsOf(plan).length / plan.alpha), safe: Math.log(1 / plan.beta) }
}

/** The evidence that would roll back: over all audiences, or of the one that has no control any more. */
export function harmOf(
  plan: RolloutPlan,
  evidence: CriterionEvidence,
  { audience, harmLogE: own, phi }: Judgement,
): { readonly test: 'F1r' | 'F2b-harm'; readonly logE: number; readonly phi: number } {
  const alone = evidence.audiences[audience]?.alone
  if (own === undefined && alone !== undefined)
    return { test: 'F2b-harm', logE: mixtureLogE(alone.harm), phi: phi.absolute }
  return { test: 'F1r', logE: harmLogE(evidence, audiencesOf(plan)), phi: phi.relative }
}

function rounded(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toFixed(DIGITS))
}
