/**
 * Harm: which test of a guardrail has spoken, with the numbers of that moment.
 *
 * In the order of how plain the case is: the hard floor, F1r over all audiences, F5 in one, and where
 * no control is left F2b against the ceiling. Evidence of harm in one audience is enough, and pays for
 * the others: F1r by the mean of the e-values, F5 by its part of alpha.
 */
import { floorCounts, hardFloor } from './hard-floor.ts'
import { meanBreach } from './mean.ts'
import type { Breach, CriterionEvidence, RatioCriterion } from './model.ts'
import { audienceEvidence, blockAlphaOf, breachOf, sumsOf, type Scope } from './scope.ts'
import { boundAboveRatio, proves } from './statistics/block.ts'
import { logMeanExp } from './statistics/log-sum.ts'
import { mixtureLogE, NOTHING_SEEN } from './statistics/restart.ts'

/** Bad events of the control in the stage below which F5 does not speak. */
const LEAST_CONTROL_BAD = 20

/** The first test that has spoken. */
export function findBreach(
  criterion: RatioCriterion,
  evidence: CriterionEvidence,
  scope: Scope,
): Breach | undefined {
  if (criterion.mean !== undefined) return meanBreach(criterion, evidence, scope)
  return (
    floorBreach(criterion, evidence, scope) ??
    relativeBreach(criterion, evidence, scope) ??
    blockBreach(criterion, evidence, scope) ??
    aloneBreach(criterion, evidence, scope)
  )
}

/** F1r over all audiences: the mean of their e-values, in which one that nobody is exposed in yet counts 1. */
export function harmLogE(evidence: CriterionEvidence, audiences: readonly string[]): number {
  return logMeanExp(
    audiences.map((audience) => mixtureLogE(evidence.audiences[audience]?.harm ?? NOTHING_SEEN)),
  )
}

/** F1r at or above a threshold, told by the audience that shows it most. */
export function relativeBreach(
  criterion: RatioCriterion,
  evidence: CriterionEvidence,
  scope: Scope,
): Breach | undefined {
  if (scope.exposed.length === 0) return undefined
  const value = harmLogE(evidence, scope.audiences)
  if (value < scope.threshold) return undefined
  const [audience, worst] = Object.entries(evidence.audiences).reduce((a, b) =>
    mixtureLogE(b[1].harm) > mixtureLogE(a[1].harm) ? b : a,
  )
  const { threshold } = scope
  const phi = scope.dispersion(worst).relative
  return { ...breachOf(criterion, scope, audience, sumsOf(worst)), test: 'F1r', value, threshold, phi }
}

function floorBreach(
  criterion: RatioCriterion,
  evidence: CriterionEvidence,
  scope: Scope,
): Breach | undefined {
  for (const [audience, { recent }] of Object.entries(evidence.audiences)) {
    if (hardFloor(recent, criterion.hardFloor) !== 'breach') continue
    const sums = floorCounts(recent)
    return {
      ...breachOf(criterion, scope, audience, sums),
      test: 'hard-floor',
      value: sums.exposed.x / sums.exposed.n,
      threshold: criterion.hardFloor,
      phi: 1,
    }
  }
  return undefined
}

/** F5, only where the last exposed window was the smaller arm and the control has shown what it is like. */
function blockBreach(
  criterion: RatioCriterion,
  evidence: CriterionEvidence,
  scope: Scope,
): Breach | undefined {
  for (const audience of scope.exposed) {
    const own = audienceEvidence(evidence, audience)
    const { inStage, smallPairs } = own
    if (inStage?.comparable !== true || inStage.controlBad < LEAST_CONTROL_BAD) continue
    const bound = boundAboveRatio(smallPairs, criterion.harmRatio, blockAlphaOf(scope))
    if (!proves(bound)) continue
    return {
      ...breachOf(criterion, scope, audience, sumsOf(own)),
      test: 'F5',
      value: bound.mean,
      threshold: bound.halfWidth ?? 0,
      phi: 1,
    }
  }
  return undefined
}

function aloneBreach(
  criterion: RatioCriterion,
  evidence: CriterionEvidence,
  scope: Scope,
): Breach | undefined {
  if (scope.alone === undefined || criterion.ceiling === undefined) return undefined
  const own = evidence.audiences[scope.alone]
  if (own?.alone === undefined) return undefined
  const value = mixtureLogE(own.alone.harm)
  if (value < scope.threshold) return undefined
  const { n, x } = own.alone.exposed
  const counts = { exposed: { n, x }, control: { n: 0, x: 0 } }
  return {
    ...breachOf(criterion, scope, scope.alone, counts),
    test: 'F2b-harm',
    value,
    threshold: scope.threshold,
    phi: scope.dispersion(own).absolute,
    ceiling: criterion.ceiling,
  }
}
