/**
 * Folding: a window of one criterion becomes evidence, exactly once.
 *
 * Pure and of constant cost. A harm threshold that was crossed in any window is recorded as a
 * breach and stays, so the outcome does not depend on how many windows a tick happens to fold.
 */
import { floorCounts, foldRecent, hardFloor } from './hard-floor.ts'
import type {
  ArmsWindow,
  AudienceCounts,
  AudienceEvidence,
  Breach,
  CriterionEvidence,
  Measurement,
  Moments,
  RatioCriterion,
  UnknownKind,
} from './model.ts'
import { absoluteHarmIncrements } from './statistics/absolute.ts'
import { addMoments, foldHistory, NO_HISTORY, NO_MOMENTS, type Dispersion } from './statistics/dispersion.ts'
import { harmIncrements } from './statistics/harm.ts'
import { logMeanExp } from './statistics/log-sum.ts'
import { foldMixture, mixtureLogE, NOTHING_SEEN } from './statistics/restart.ts'

/** The circumstances of a window. */
export interface Scope {
  readonly windowEnd: Date
  /** Every audience of the plan. */
  readonly audiences: readonly string[]
  /** Those in which somebody was exposed during the whole window; none while observing. */
  readonly exposed: readonly string[]
  /** The audience that the present increment exposes without a control. */
  readonly alone?: string
  /** Whether both arms were served the control variant during the whole window: it tells the dispersion. */
  readonly observing: boolean
  /** ln of (guardrails / alpha). */
  readonly threshold: number
  readonly dispersion: (evidence: AudienceEvidence) => Dispersion
}

/** Evidence that has seen nothing. */
export const NO_EVIDENCE: CriterionEvidence = { blindWindows: 0, audiences: {} }

export const NO_AUDIENCE_EVIDENCE: AudienceEvidence = {
  history: NO_HISTORY,
  harm: NOTHING_SEEN,
  exposed: NO_MOMENTS,
  control: { n: 0, x: 0 },
  recent: [],
}

/** A known window, or why it is unknown. Impossible counts are a query that does not measure what it says. */
export function classify(
  measurement: Measurement | undefined,
): { readonly kind: 'ok'; readonly audiences: readonly AudienceCounts[] } | Unknown {
  if (measurement === undefined) return { kind: 'empty', detail: 'nothing was measured' }
  if (measurement.kind !== 'ok') return measurement
  let requests = 0
  for (const { audience, exposed, control } of measurement.audiences) {
    for (const { n, x } of [exposed, control]) {
      if (!Number.isFinite(n) || !Number.isFinite(x))
        return { kind: 'nan', detail: `${audience}: ${x} of ${n}` }
      if (x > n || x < 0) return { kind: 'bad_query', detail: `${audience}: ${x} bad of ${n}` }
      requests += n
    }
  }
  if (requests === 0) return { kind: 'zero_traffic', detail: 'no requests' }
  return measurement
}

interface Unknown {
  readonly kind: UnknownKind
  readonly detail: string
}

/** Folds one window of one criterion. An unknown window changes nothing but the time spent blind. */
export function foldCriterion(
  criterion: RatioCriterion,
  evidence: CriterionEvidence,
  measurement: Measurement | undefined,
  scope: Scope,
): CriterionEvidence {
  const known = classify(measurement)
  if (known.kind !== 'ok') {
    const blind = { kind: known.kind, detail: known.detail }
    return { ...evidence, blindWindows: evidence.blindWindows + 1, blind }
  }
  const audiences: Record<string, AudienceEvidence> = { ...evidence.audiences }
  for (const audience of scope.audiences) {
    const counts = known.audiences.find((each) => each.audience === audience) ?? NO_COUNTS
    audiences[audience] = foldAudience(criterion, audiences[audience] ?? NO_AUDIENCE_EVIDENCE, counts, {
      ...scope,
      audience,
    })
  }
  const folded = { blindWindows: 0, audiences }
  const breach = evidence.breach ?? findBreach(criterion, folded, scope)
  return breach === undefined ? folded : { ...folded, breach }
}

/** F1r over all audiences: the mean of their e-values, in which one that nobody is exposed in yet counts 1. */
export function harmLogE(evidence: CriterionEvidence, audiences: readonly string[]): number {
  return logMeanExp(
    audiences.map((audience) => mixtureLogE(evidence.audiences[audience]?.harm ?? NOTHING_SEEN)),
  )
}

const NO_COUNTS: ArmsWindow = { exposed: { n: 0, x: 0 }, control: { n: 0, x: 0 } }

function foldAudience(
  criterion: RatioCriterion,
  evidence: AudienceEvidence,
  counts: ArmsWindow,
  scope: Scope & { readonly audience: string },
): AudienceEvidence {
  if (!scope.exposed.includes(scope.audience)) {
    const recent = foldRecent(evidence.recent, counts)
    if (!scope.observing) return { ...evidence, recent }
    return { ...evidence, recent, history: foldHistory(evidence.history, counts) }
  }
  const { exposed, control } = counts
  const phi = scope.dispersion(evidence)
  const first = evidence.harm.k === 0
  const folded = {
    ...evidence,
    harm: foldMixture(evidence.harm, harmIncrements(counts, criterion.harmRatio, phi.relative)),
    exposed: addExposed(evidence.exposed, counts),
    control: { n: evidence.control.n + control.n, x: evidence.control.x + control.x },
    recent: foldRecent(first ? [] : evidence.recent, counts),
  }
  if (scope.alone !== scope.audience || criterion.ceiling === undefined) return folded
  const alone = evidence.alone ?? { harm: NOTHING_SEEN, exposed: NO_MOMENTS }
  const increments = absoluteHarmIncrements(exposed, criterion.ceiling, phi.absolute)
  return {
    ...folded,
    alone: { harm: foldMixture(alone.harm, increments), exposed: addExposed(alone.exposed, counts) },
  }
}

function addExposed(moments: Moments, { exposed }: ArmsWindow): Moments {
  return exposed.n === 0 ? moments : addMoments(moments, exposed.n, exposed.x)
}

function findBreach(
  criterion: RatioCriterion,
  evidence: CriterionEvidence,
  scope: Scope,
): Breach | undefined {
  return (
    floorBreach(criterion, evidence, scope) ??
    relativeBreach(criterion, evidence, scope) ??
    aloneBreach(criterion, evidence, scope)
  )
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

function relativeBreach(
  criterion: RatioCriterion,
  evidence: CriterionEvidence,
  scope: Scope,
): Breach | undefined {
  if (scope.exposed.length === 0) return undefined
  const value = harmLogE(evidence, scope.audiences)
  if (value < scope.threshold) return undefined
  const worst = Object.entries(evidence.audiences).reduce((a, b) =>
    mixtureLogE(b[1].harm) > mixtureLogE(a[1].harm) ? b : a,
  )
  const [audience, { exposed, control }] = worst
  const counts = { exposed: { n: exposed.n, x: exposed.x }, control }
  const phi = scope.dispersion(worst[1]).relative
  return {
    ...breachOf(criterion, scope, audience, counts),
    test: 'F1r',
    value,
    threshold: scope.threshold,
    phi,
  }
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

function breachOf(
  criterion: RatioCriterion,
  scope: Scope,
  audience: string,
  { exposed, control }: ArmsWindow,
) {
  return { criterion: criterion.id, audience, windowEnd: scope.windowEnd.toISOString(), exposed, control }
}
