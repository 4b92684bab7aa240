/**
 * One criterion, from its evidence to a verdict with its numbers.
 *
 * Nothing passes for want of evidence: a Go needs F2b-safe and block-abs both below the ceiling, and
 * no sign that the exposed arm is worse than its control. Below the ceiling is an absolute answer, and
 * the tier says so; the relative one, R, is not in this version.
 */
import { NO_AUDIENCE_EVIDENCE } from './evidence.ts'
import { hardFloor } from './hard-floor.ts'
import type {
  AudienceEvidence,
  CriterionEvidence,
  Judgement,
  Lack,
  RatioCriterion,
  Tier,
  Verdict,
} from './model.ts'
import { safeLogE } from './statistics/absolute.ts'
import { boundBelowCeiling, provesBelow } from './statistics/block.ts'
import type { Dispersion } from './statistics/dispersion.ts'
import { mixtureLogE } from './statistics/restart.ts'

/** Log evidence of harm up to which the exposed arm does not look worse; 0 where no bad event was seen, less rounding. */
export const NO_SIGN_OF_HARM = 1e-9

/** How far above yesterday's rate a ceiling may lie for "below the ceiling" to be a Go without a declaration. */
const CEILING_REACH = 2

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
export function judge(criterion: RatioCriterion, evidence: CriterionEvidence, question: Question): Verdict {
  if (evidence.breach !== undefined)
    return { kind: 'no-go', criterion: criterion.id, breach: evidence.breach }
  if (question.blindMs > question.blindLimitMs) {
    const { kind: unknown, detail } = evidence.blind ?? { kind: 'stale' as const, detail: 'no new window' }
    return { kind: 'no-data', criterion: criterion.id, unknown, detail, blindMs: question.blindMs }
  }
  const own = evidence.audiences[question.audience] ?? NO_AUDIENCE_EVIDENCE
  const judgement = judgementOf(criterion, own, question)
  if (failsInBothArms(criterion, evidence)) {
    return { kind: 'hold', criterion: criterion.id, reason: 'both-arms', lacks: [], judgement }
  }
  const lacks = lacksOf(judgement, own, question)
  if (lacks.length === 0) return { kind: 'go', criterion: criterion.id, tier: tierOf(question), judgement }
  if (question.timeDecides && !lacks.includes('harm')) {
    return { kind: 'go', criterion: criterion.id, tier: 'time', judgement }
  }
  return { kind: 'hold', criterion: criterion.id, reason: 'collecting', lacks, judgement }
}

/** Whether, in any audience, the latest exposed requests are an outage and the control's are too. */
export function failsInBothArms(criterion: RatioCriterion, evidence: CriterionEvidence): boolean {
  return Object.values(evidence.audiences).some(
    (each) => hardFloor(each.recent, criterion.hardFloor) === 'both-arms',
  )
}

/** The numbers that a criterion is judged by. */
function judgementOf(criterion: RatioCriterion, own: AudienceEvidence, question: Question): Judgement {
  const phi = question.dispersion(own)
  const exposed = question.alone ? (own.alone?.exposed ?? NO_AUDIENCE_EVIDENCE.exposed) : own.exposed
  const control = question.alone ? NO_AUDIENCE_EVIDENCE.control : own.control
  const { ceiling } = criterion
  return {
    audience: question.audience,
    exposed: { n: exposed.n, x: exposed.x },
    control,
    phi,
    ...(question.alone ? {} : { harmLogE: mixtureLogE(own.harm) }),
    ...(ceiling === undefined
      ? {}
      : {
          safe: {
            ceiling,
            logE: safeLogE(exposed, ceiling, phi.absolute),
            threshold: Math.log(1 / question.beta),
            block: boundBelowCeiling(exposed, ceiling, question.beta),
          },
        }),
  }
}

function lacksOf({ safe, harmLogE }: Judgement, own: AudienceEvidence, question: Question): Lack[] {
  const lacks: Lack[] = []
  if (harmLogE !== undefined && harmLogE > NO_SIGN_OF_HARM) lacks.push('harm')
  if (safe === undefined) return [...lacks, 'ceiling']
  if (safe.logE < safe.threshold) lacks.push('safe')
  if (!provesBelow(safe.block)) lacks.push('block')
  const declared = question.alone || question.absoluteOnly
  if (!declared && safe.ceiling * own.history.n > CEILING_REACH * own.history.x) lacks.push('ceiling-too-far')
  return lacks
}

function tierOf(question: Question): Tier {
  return question.alone || question.absoluteOnly ? 'A-only' : 'A'
}
