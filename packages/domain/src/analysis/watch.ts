/**
 * Watch criteria: a breach holds the rollout until the criterion has recovered.
 *
 * Recovered is what the latest 30 windows alone say; what they follow does not count. The harm process
 * then starts afresh, so that an old breach, paid for with a hold, does not hold again.
 */
import { relativeBreach } from './breach.ts'
import { boundWorse, meanPairOf, spoken } from './mean.ts'
import type { ArmsWindow, AudienceEvidence, Breach, CriterionEvidence, Moments, Watch } from './model.ts'
import { audienceEvidence, breachOf, sumsOf, type Scope } from './scope.ts'
import { proves } from './statistics/block.ts'
import { addMoments, NO_MOMENTS } from './statistics/dispersion.ts'
import { harmIncrements } from './statistics/harm.ts'
import { logMeanExp } from './statistics/log-sum.ts'
import { NOTHING_SEEN } from './statistics/restart.ts'

/** The chance that a watch holds a healthy rollout. */
const WATCH_ALPHA = 0.01

/** Windows that must show the recovery. */
const RECOVERY_WINDOWS = 30

/** Log evidence up to which windows show no harm; 0 where nothing bad was seen, less rounding. */
const NO_HARM = 1e-9

/** Keeps the latest windows that compare something. */
export function foldLatest(evidence: AudienceEvidence, counts: ArmsWindow): AudienceEvidence {
  if (counts.exposed.n === 0 || counts.control.n === 0) return evidence
  const { exposed, control } = counts
  return { ...evidence, latest: [...(evidence.latest ?? []), { exposed, control }].slice(-RECOVERY_WINDOWS) }
}

/** Notes a breach, or that the one before is over. */
export function foldWatch(watch: Watch, evidence: CriterionEvidence, scope: Scope): CriterionEvidence {
  const { watched, ...rest } = evidence
  if (watched !== undefined) return hasRecovered(watch, evidence, scope) ? afresh(rest) : evidence
  const strict = { ...scope, threshold: Math.log(1 / WATCH_ALPHA) }
  const breach =
    watch.mean === undefined ? relativeBreach(watch, evidence, strict) : meanBreach(watch, evidence, scope)
  return breach === undefined ? evidence : { ...evidence, watched: breach }
}

function hasRecovered(watch: Watch, { audiences }: CriterionEvidence, scope: Scope): boolean {
  const compared = scope.exposed.flatMap((audience) => {
    const own = audiences[audience]
    return own?.latest?.length === RECOVERY_WINDOWS ? [own] : []
  })
  if (compared.length === 0) return false
  if (watch.mean !== undefined) return compared.every(({ latest = [] }) => meanOf(watch, latest) <= 0)
  const logs = compared.map((own) => {
    const phi = scope.dispersion(own).relative
    const increments = (own.latest ?? []).map((window) => harmIncrements(window, watch.harmRatio, phi))
    const sums = (increments[0] ?? []).map((_, g) =>
      increments.reduce((sum, each) => sum + (each[g] ?? 0), 0),
    )
    return logMeanExp(sums)
  })
  return logMeanExp(logs) <= NO_HARM
}

function meanBreach(watch: Watch, evidence: CriterionEvidence, scope: Scope): Breach | undefined {
  for (const audience of scope.exposed) {
    const own = audienceEvidence(evidence, audience)
    const bound = boundWorse(watch, own.pairs, watch.harmRatio, WATCH_ALPHA / scope.audiences.length)
    if (!proves(bound)) continue
    return { ...breachOf(watch, scope, audience, sumsOf(own)), ...spoken(bound) }
  }
  return undefined
}

function meanOf(watch: Watch, windows: readonly ArmsWindow[]): number {
  const pairs = windows.reduce<Moments>((moments, window) => {
    const pair = meanPairOf(window)
    return pair === undefined ? moments : addMoments(moments, pair.expected, pair.counted)
  }, NO_MOMENTS)
  return boundWorse(watch, pairs, watch.harmRatio, WATCH_ALPHA).mean
}

function afresh(evidence: CriterionEvidence): CriterionEvidence {
  const audiences = Object.fromEntries(
    Object.entries(evidence.audiences).map(([audience, own]) => [
      audience,
      { ...own, harm: NOTHING_SEEN, pairs: NO_MOMENTS },
    ]),
  )
  return { ...evidence, audiences }
}
