/** A verdict with its arithmetic, as it is shown. */
import type { RolloutVerdict, SampleRatio } from '@flagmarshal/api/rollout-verdict'
import { NO_EVIDENCE } from '@flagmarshal/domain/analysis/evidence'
import type { Breach, Judgement, RelativeJudgement, Verdict } from '@flagmarshal/domain/analysis/model'
import { SPLIT_ALPHA, splitP, type Split } from '@flagmarshal/domain/analysis/split'
import type { BlockBound } from '@flagmarshal/domain/analysis/statistics/block'
import type { AnyVerdict } from '@flagmarshal/domain/rollout/advance'
import { evidenceNeeded, harmOf } from '@flagmarshal/domain/rollout/evidence-line'
import type { Rollout, RolloutPlan } from '@flagmarshal/domain/rollout/model'
import { sentenceOfVerdict } from '@flagmarshal/domain/rollout/sentence'

/** Verdicts as people call them. */
export const VERDICT_WORDS = {
  go: 'GO',
  hold: 'HOLD',
  'no-go': 'NO-GO',
  'no-data': 'NO DATA',
} as const satisfies Record<Verdict['kind'], RolloutVerdict['verdict']>

/** One verdict; `blindMs` is how long its criterion has been without data. */
export function verdictView(
  plan: RolloutPlan,
  rollout: Rollout,
  verdict: AnyVerdict,
  blindMs: number,
): RolloutVerdict {
  const { criterion } = verdict
  const common = {
    criterion,
    verdict: VERDICT_WORDS[verdict.kind],
    sentence: sentenceOfVerdict(verdict),
    lacks: verdict.kind === 'hold' && verdict.reason !== 'watch' ? [...verdict.lacks] : [],
    blindMs,
  }
  if ('role' in verdict) return { ...common, reported: { ...verdict.found } }
  switch (verdict.kind) {
    case 'go':
      return { ...common, tier: verdict.tier, ...judgementView(plan, rollout, criterion, verdict.judgement) }
    case 'hold': {
      const hold = verdict.reason
      if (verdict.reason === 'watch') return { ...common, hold, ...breachView(verdict.breach) }
      return { ...common, hold, ...judgementView(plan, rollout, criterion, verdict.judgement) }
    }
    case 'no-go':
      return { ...common, ...breachView(verdict.breach) }
    case 'no-data':
      return { ...common, unknown: verdict.unknown }
  }
}

/** How the arms are split, and whether as the rule says. */
export function sampleRatioView(split: Split | undefined): SampleRatio | null {
  if (split === undefined) return null
  return {
    p: splitP(split),
    needed: SPLIT_ALPHA,
    audiences: Object.entries(split.audiences).map(([audience, { share, exposed, control }]) => ({
      audience,
      share,
      exposed,
      control,
    })),
  }
}

function breachView({ exposed, control, test, value, threshold, phi }: Breach) {
  return { exposed, control, harm: { test, logE: value, needed: threshold, phi } }
}

function judgementView(plan: RolloutPlan, rollout: Rollout, criterion: string, judgement: Judgement) {
  const { exposed, control, safe, relative, alternative } = judgement
  return {
    exposed,
    control,
    ...(judgement.worse === undefined && { harm: harmView(plan, rollout, criterion, judgement) }),
    ...(safe && {
      safe: {
        ceiling: safe.ceiling,
        logE: safe.logE ?? null,
        needed: safe.threshold,
        blockBound: lowerBound(safe.block),
      },
    }),
    ...(judgement.difference && { difference: judgement.difference }),
    ...(relative && { relative: relativeView(relative) }),
    ...(alternative && { alternative: relativeView(alternative) }),
  }
}

function relativeView({ ratio, logE, threshold, block, controlBad }: RelativeJudgement) {
  return { ratio, logE: logE ?? null, needed: threshold, blockBound: lowerBound(block), controlBad }
}

function lowerBound({ mean, halfWidth }: BlockBound): number | null {
  return halfWidth === undefined ? null : mean - halfWidth
}

// oxlint-disable-next-line max-params -- the plan, the rollout, which criterion, and its numbers
function harmView(plan: RolloutPlan, rollout: Rollout, criterion: string, judgement: Judgement) {
  const { test, logE, phi } = harmOf(plan, rollout.evidence[criterion] ?? NO_EVIDENCE, judgement)
  return { test, logE, needed: evidenceNeeded(plan).harm, phi }
}
