/**
 * Decisions in words, for the decision log, the live view and the command line.
 */
import { breachSentence, verdictSentence } from '../analysis/sentence.ts'
import type { AnyVerdict, Decision, WaitReason } from './advance.ts'
import type { HoldReason, ReportFound, RollbackCause, RolloutPlan, Target } from './model.ts'
import { percentOf, stageOf } from './position.ts'
import type { ReviewStep } from './review.ts'

/** What was decided and why, with its numbers; several criteria are separated by " | ". */
export function decisionSentence(plan: RolloutPlan, decision: Decision): string {
  switch (decision.kind) {
    case 'wait': {
      const { progress } = decision
      const bake =
        progress === undefined ? '' : ` (${progress.healthy} of ${progress.needed} healthy windows)`
      return because(`wait: ${WAITS[decision.reason]}${bake}`, decision.verdicts)
    }
    case 'hold': {
      const edit = decision.edit === undefined ? '' : ` (${decision.edit.by}: ${decision.edit.what})`
      const which = decision.because === undefined ? '' : ` (${decision.because})`
      return because(`hold: ${HOLDS[decision.reason]}${edit}${which}`, decision.verdicts)
    }
    case 'resume-from-hold':
      return `resume: it is over that ${HOLDS[decision.reason]}`
    case 'end-pause':
      return 'resume: the time of the pause is over'
    case 'void-approval':
      return `the approval of ${decision.by} is void: the evidence says something else than when it was given`
    case 'review':
      return reviewText(decision)
    case 'warn':
      return `after 100 %, a person is called: ${breachSentence(decision.breach)}`
    case 'advance':
      return because(`advance to ${targetText(plan, decision.to)}`, decision.verdicts)
    case 'roll-back':
      return `roll back: ${causeText(decision.cause)}`
    case 'complete':
      return because('complete: 100 % of everybody', decision.verdicts)
  }
}

const WAITS: Readonly<Record<WaitReason, string>> = {
  'not-due': 'its start has not come',
  unapproved: 'the approval does not hold',
  observing: 'observing, nobody is exposed',
  baking: 'baking',
  collecting: 'the evidence is not there yet',
  blind: 'a criterion has no data',
  serving: 'everything is Go, connected instances do not serve the last increment yet',
  watching: 'watching after 100 %',
  held: 'still held',
  paused: 'paused by a person',
  verifying: 'the rollback is being verified',
  ended: 'this attempt has ended',
}

const HOLDS: Readonly<Record<HoldReason, string>> = {
  'both-arms': 'exposed and control fail together',
  conflict: 'the flag was edited outside the rollout',
  blind: 'a criterion has been without data beyond its budget',
  'sample-ratio': 'the arms do not hold as many people as the rule says, so they cannot be compared',
  watch: 'a watch criterion is breached and has not recovered',
  unapproved: 'the approval does not hold',
  inconclusive: 'the maximum of the stage passed without evidence, a person decides',
  approval: 'everything is Go, a person advances this stage',
  breach: 'a criterion is breached',
  incident: 'an incident is open, nothing is raised until it is over',
  reports: 'people report more than a criterion allows',
  review: 'the review of a checkpoint was missed, a person looks and decides',
}

/** One sentence on any verdict. */
export function sentenceOfVerdict(verdict: AnyVerdict): string {
  if (!('role' in verdict)) return verdictSentence(verdict)
  const outcome = { go: 'go', 'no-go': 'no-go', 'no-data': 'unknown' }[verdict.kind]
  return `${verdict.criterion}: ${foundText(verdict.found)} → ${outcome}`
}

function foundText(found: ReportFound): string {
  if (found.counts === 'issues') {
    const from = found.severity === 'critical' ? 'critical' : `${found.severity} or worse`
    return `${found.open} open issues, ${from}; at most ${found.max}`
  }
  const share = `${Math.round(100 * found.positive)} %`
  return `${found.good} of ${found.n} reports of feedback are good; at least ${found.least} reports, ${share} good`
}

const STEPS: Readonly<Record<ReviewStep['step'], string>> = {
  ask: 'is due',
  remind: 'is late: a reminder',
  escalate: 'is still missing: the others are told',
}

function reviewText({ review, step, dueAt }: ReviewStep): string {
  const which = review === 'checkpoint' ? 'the review at the checkpoint' : 'the regular review'
  return `${which} of ${dueAt} ${STEPS[step]}`
}

function because(what: string, verdicts: readonly AnyVerdict[]): string {
  return verdicts.length === 0 ? what : `${what}: ${verdicts.map(sentenceOfVerdict).join(' | ')}`
}

function targetText(plan: RolloutPlan, to: Target): string {
  if (to.kind === 'observing') return 'observing: both arms are counted, nobody is exposed'
  const { name, audience } = stageOf(plan, to.stage)
  return `stage ${name}, ${percentOf(plan, to)} % of ${audience.id}`
}

function causeText(cause: RollbackCause): string {
  switch (cause.kind) {
    case 'harm':
      return breachSentence(cause.breach)
    case 'blind':
      return `${cause.criterion} has had no data for ${Math.round(cause.blindMs / 1000)} s, and its plan rolls back then`
    case 'person':
      return `by ${cause.by}: ${cause.reason}`
    case 'report':
      return `${cause.criterion}: ${foundText(cause.found)}`
  }
}
