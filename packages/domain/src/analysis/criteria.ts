/**
 * One criterion, from its evidence to a verdict with its numbers.
 *
 * Nothing passes for want of evidence. A Go is relative (R: a regression of `safeRatio` is excluded,
 * by F2 and by block-safe) or absolute (A: the rate is below the ceiling, by F2b-safe and block-abs,
 * and nothing looks worse than the control). An absolute Go whose ceiling is far above the usual rate
 * must exclude a regression of 3 as well, or somebody has declared that it is enough (A-only).
 */
import { ALTERNATIVE_RATIO } from './evidence.ts'
import { hardFloor } from './hard-floor.ts'
import { isLevel, type LevelWatch } from './level.ts'
import { boundNotWorse, boundWithin, boundWorse, differenceOf } from './mean.ts'
import type {
  ArmCounts,
  AudienceEvidence,
  CriterionEvidence,
  Guardrail,
  Judgement,
  Lack,
  Moments,
  RatioCriterion,
  RelativeJudgement,
  Tier,
  Verdict,
  Watch,
} from './model.ts'
import { audienceEvidence } from './scope.ts'
import { safeLogE } from './statistics/absolute.ts'
import { boundBelowCeiling, boundBelowRatio, proves, type BlockBound } from './statistics/block.ts'
import { NO_MOMENTS, type Dispersion } from './statistics/dispersion.ts'
import { logMeanExp } from './statistics/log-sum.ts'
import { mixtureLogE } from './statistics/restart.ts'

/** Log evidence of harm up to which the exposed arm does not look worse; 0 where no bad event was seen, less rounding. */
export const NO_SIGN_OF_HARM = 1e-9

/** How far above yesterday's rate a ceiling may lie for "below the ceiling" to be a Go by itself. */
const CEILING_REACH = 2

/** Tier A's test against a regression of 3 is twice to five times as strict as the relative one: ln 500 and .005 at a beta of .01. */
const ALTERNATIVE_EVIDENCE = 5
const ALTERNATIVE_BLOCK = 2

/** Bad events of the control below which block-safe does not speak. */
const LEAST_CONTROL_BAD = 20

/** What an increment asks of a criterion. */
export interface Question {
  /** The audience whose percent the increment changes: it must pass by itself. */
  readonly audience: string
  /** It is exposed wholly: there is no control. */
  readonly alone: boolean
  readonly beta: number
  /** Somebody declared that below the ceiling is enough. */
  readonly absoluteOnly: boolean
  /** The stage's time is over and its plan lets time decide. */
  readonly timeDecides: boolean
  readonly dispersion: (evidence: AudienceEvidence) => Dispersion
  /** How long the criterion has been without data, and how long it may be. */
  readonly blindMs: number
  readonly blindLimitMs: number
}

/** The verdict on a criterion. */
export function judge(
  criterion: Guardrail | Watch,
  evidence: CriterionEvidence,
  question: Question,
): Verdict {
  const { id } = criterion
  if (evidence.breach !== undefined) return { kind: 'no-go', criterion: id, breach: evidence.breach }
  if (question.blindMs > question.blindLimitMs) {
    const { kind: unknown, detail } = evidence.blind ?? { kind: 'stale' as const, detail: 'no new window' }
    return { kind: 'no-data', criterion: id, unknown, detail, blindMs: question.blindMs }
  }
  if (evidence.watched !== undefined) {
    return { kind: 'hold', criterion: id, reason: 'watch', breach: evidence.watched }
  }
  const own = audienceEvidence(evidence, question.audience)
  const judged = judgementOf(criterion, own, question)
  const judgement = isLevel(criterion) ? { ...judged, ...levelOf(criterion, evidence) } : judged
  if (criterion.role === 'watch') return { kind: 'go', criterion: id, tier: 'watch', judgement }
  if (failsInBothArms(criterion, evidence)) {
    return { kind: 'hold', criterion: id, reason: 'both-arms', lacks: [], judgement }
  }
  const near = isNear(criterion, judgement, own)
  const found = tierOf(judgement, near, question)
  if (typeof found === 'string') return { kind: 'go', criterion: id, tier: found, judgement }
  if (question.timeDecides && !found.includes('harm')) {
    return { kind: 'go', criterion: id, tier: 'time', judgement }
  }
  return { kind: 'hold', criterion: id, reason: 'collecting', lacks: found, judgement }
}

/** The latest window of a resource. */
function levelOf({ source: { limit } }: LevelWatch, { levels }: CriterionEvidence): Pick<Judgement, 'level'> {
  return { level: { ...(levels?.at(-1) ?? { n: 0, x: 0 }), limit } }
}

/** Whether, in any audience, the latest exposed requests are an outage and the control's are too. */
export function failsInBothArms(criterion: RatioCriterion, evidence: CriterionEvidence): boolean {
  if (criterion.mean !== undefined) return false
  return Object.values(evidence.audiences).some(
    (each) => hardFloor(each.recent, criterion.hardFloor) === 'both-arms',
  )
}

/** Whether nothing in an audience looks worse than its control: asked of every healthy window, and of an absolute Go. */
export function showsNoHarm(criterion: RatioCriterion, own: AudienceEvidence): boolean {
  if (criterion.mean === undefined) return mixtureLogE(own.harm) <= NO_SIGN_OF_HARM
  return boundWorse(criterion, own.pairs, criterion.harmRatio, 0.5).mean <= 0
}

/** The best tier that the evidence reaches, or what it lacks on both ways. */
function tierOf(judgement: Judgement, near: boolean, question: Question): Tier | Lack[] {
  const relative = lacksOfRelative(judgement.relative)
  if (relative.length === 0) return 'R'
  const absolute = lacksOfAbsolute(judgement)
  if (absolute.length === 0 && !question.alone && near) return 'A'
  const declared = question.alone || question.absoluteOnly
  if (absolute.length === 0 && declared) return 'A-only'
  if (!near && !declared && !absolute.includes('ceiling')) absolute.push('ceiling-too-far')
  return [...(question.alone ? [] : relative), ...absolute]
}

function lacksOfRelative(relative: RelativeJudgement | undefined): Lack[] {
  if (relative === undefined) return ['relative-safe']
  const lacks: Lack[] = []
  const { logE, threshold, block, controlBad } = relative
  if (logE !== undefined && logE < threshold) lacks.push('relative-safe')
  if (logE !== undefined && controlBad < LEAST_CONTROL_BAD) lacks.push('relative-control')
  if (!proves(block)) lacks.push('relative-block')
  return lacks
}

function lacksOfAbsolute({ safe, harmLogE, worse }: Judgement): Lack[] {
  const lacks: Lack[] = []
  if ((harmLogE !== undefined && harmLogE > NO_SIGN_OF_HARM) || worse === true) lacks.push('harm')
  if (safe === undefined) return [...lacks, 'ceiling']
  if (safe.logE !== undefined && safe.logE < safe.threshold) lacks.push('safe')
  if (!proves(safe.block)) lacks.push('block')
  return lacks
}

/** Whether "below the ceiling" says enough: it is near the usual rate, or a regression of 3 is excluded. */
function isNear(
  { mean }: RatioCriterion,
  { safe, alternative }: Judgement,
  { history }: AudienceEvidence,
): boolean {
  if (safe === undefined) return false
  if (mean?.worse === 'lower') return CEILING_REACH * safe.ceiling * history.n >= history.x
  if (safe.ceiling * history.n <= CEILING_REACH * history.x) return true
  return alternative !== undefined && lacksOfRelative(alternative).length === 0
}

/** What an increment asks of the evidence alone. */
type Weighing = Pick<Question, 'audience' | 'alone' | 'beta' | 'dispersion'>

/** The numbers that a criterion is judged by. */
export function judgementOf(criterion: RatioCriterion, own: AudienceEvidence, question: Weighing): Judgement {
  const exposed = question.alone ? (own.alone?.exposed ?? NO_MOMENTS) : own.exposed
  const control = question.alone ? { n: 0, x: 0 } : own.control
  const phi = question.dispersion(own)
  const sums = { audience: question.audience, exposed: { n: exposed.n, x: exposed.x }, control, phi }
  return criterion.mean === undefined
    ? { ...sums, ...judgementOfShare(criterion, own, exposed, question) }
    : { ...sums, ...judgementOfMean(criterion, own, exposed, question) }
}

type Numbers = Omit<Judgement, 'audience' | 'exposed' | 'control' | 'phi'>

function judgementOfShare(
  { ceiling, safeRatio }: RatioCriterion,
  own: AudienceEvidence,
  exposed: Moments,
  { alone, beta, dispersion }: Weighing,
): Numbers {
  const threshold = Math.log(1 / beta)
  const compared = { pairs: own.pairs, control: own.control }
  return {
    ...(!alone && {
      harmLogE: mixtureLogE(own.harm),
      relative: relativeOf(compared, safeRatio, own.safe, { threshold, alpha: beta }),
      alternative: relativeOf(compared, ALTERNATIVE_RATIO, own.safeAlternative, {
        threshold: Math.log(ALTERNATIVE_EVIDENCE / beta),
        alpha: beta / ALTERNATIVE_BLOCK,
      }),
    }),
    ...(ceiling !== undefined && {
      safe: {
        ceiling,
        logE: safeLogE(exposed, ceiling, dispersion(own).absolute),
        threshold,
        block: boundBelowCeiling(exposed, ceiling, beta),
      },
    }),
  }
}

function relativeOf(
  { pairs, control }: { readonly pairs: Moments; readonly control: ArmCounts },
  ratio: number,
  sums: readonly number[],
  { threshold, alpha }: { readonly threshold: number; readonly alpha: number },
): RelativeJudgement {
  const logE = sums.length === 0 ? 0 : logMeanExp(sums)
  return { ratio, logE, threshold, block: boundBelowRatio(pairs, ratio, alpha), controlBad: control.x }
}

function judgementOfMean(
  criterion: RatioCriterion,
  own: AudienceEvidence,
  exposed: Moments,
  { alone, beta }: Weighing,
): Numbers {
  const { ceiling, safeRatio } = criterion
  const threshold = Math.log(1 / beta)
  const block: BlockBound = boundNotWorse(criterion, own.pairs, safeRatio, beta)
  const difference = differenceOf(own, beta)
  return {
    ...(!alone && {
      worse: !showsNoHarm(criterion, own),
      ...(difference && { difference }),
      relative: { ratio: safeRatio, threshold, block, controlBad: 0 },
    }),
    ...(ceiling !== undefined && {
      safe: { ceiling, threshold, block: boundWithin(criterion, exposed, ceiling, beta) },
    }),
  }
}
