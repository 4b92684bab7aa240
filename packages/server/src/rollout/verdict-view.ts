/** A verdict with its arithmetic, as it is shown. */
import type { RolloutVerdict } from '@flagmarshal/api/rollout'
import { harmLogE, NO_EVIDENCE } from '@flagmarshal/domain/analysis/evidence'
import type { Breach, Judgement, Verdict } from '@flagmarshal/domain/analysis/model'
import { verdictSentence } from '@flagmarshal/domain/analysis/sentence'
import { mixtureLogE } from '@flagmarshal/domain/analysis/statistics/restart'
import type { Rollout, RolloutPlan } from '@flagmarshal/domain/rollout/model'
import { audiencesOf, guardrailsOf } from '@flagmarshal/domain/rollout/position'

/** Verdicts as people call them. */
export const VERDICT_WORDS = {
  go: 'GO',
  hold: 'HOLD',
  'no-go': 'NO-GO',
  'no-data': 'NO DATA',
} as const satisfies Record<Verdict['kind'], RolloutVerdict['verdict']>

/** One verdict; `blindMs` is how long its criterion has been without data. */
// oxlint-disable-next-line max-params -- the plan, the rollout, and what is shown of them
export function verdictView(
  plan: RolloutPlan,
  rollout: Rollout,
  verdict: Verdict,
  blindMs: number,
): RolloutVerdict {
  const { criterion } = verdict
  const common = {
    criterion,
    verdict: VERDICT_WORDS[verdict.kind],
    sentence: verdictSentence(verdict),
    lacks: verdict.kind === 'hold' ? [...verdict.lacks] : [],
    blindMs,
  }
  switch (verdict.kind) {
    case 'go':
      return { ...common, tier: verdict.tier, ...judgementView(plan, rollout, criterion, verdict.judgement) }
    case 'hold':
      return {
        ...common,
        hold: verdict.reason,
        ...judgementView(plan, rollout, criterion, verdict.judgement),
      }
    case 'no-go':
      return { ...common, ...breachView(verdict.breach) }
    case 'no-data':
      return { ...common, unknown: verdict.unknown }
  }
}

function breachView({ exposed, control, test, value, threshold, phi }: Breach) {
  return { exposed, control, harm: { test, logE: value, needed: threshold, phi } }
}

// oxlint-disable-next-line max-params -- the plan, the rollout, and which judgement of it
function judgementView(plan: RolloutPlan, rollout: Rollout, criterion: string, judgement: Judgement) {
  const { exposed, control, safe } = judgement
  return {
    exposed,
    control,
    harm: harmView(plan, rollout, criterion, judgement),
    ...(safe && {
      safe: {
        ceiling: safe.ceiling,
        logE: safe.logE,
        needed: safe.threshold,
        blockBound: safe.block.halfWidth === undefined ? null : safe.block.mean - safe.block.halfWidth,
      },
    }),
  }
}

/** The evidence that would roll back: over all audiences, or of the one that has no control any more. */
// oxlint-disable-next-line max-params -- the plan, the rollout, and which judgement of it
function harmView(
  plan: RolloutPlan,
  rollout: Rollout,
  criterion: string,
  { audience, harmLogE: own, phi }: Judgement,
) {
  const evidence = rollout.evidence[criterion] ?? NO_EVIDENCE
  const needed = Math.log(guardrailsOf(plan).length / plan.alpha)
  const alone = evidence.audiences[audience]?.alone
  if (own === undefined && alone !== undefined) {
    return { test: 'F2b-harm', logE: mixtureLogE(alone.harm), needed, phi: phi.absolute }
  }
  return { test: 'F1r', logE: harmLogE(evidence, audiencesOf(plan)), needed, phi: phi.relative }
}
