/**
 * Decisions in words, for the decision log, the live view and the command line.
 */
import { breachSentence, verdictSentence } from '../analysis/sentence.ts'
import type { Decision, WaitReason } from './advance.ts'
import type { HoldReason, RollbackCause, RolloutPlan, Target } from './model.ts'
import { percentOf, stageOf } from './position.ts'

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
      return because(`hold: ${HOLDS[decision.reason]}${edit}`, decision.verdicts)
    }
    case 'resume-from-hold':
      return `resume: it is over that ${HOLDS[decision.reason]}`
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
}

function because(what: string, verdicts: readonly Parameters<typeof verdictSentence>[0][]): string {
  return verdicts.length === 0 ? what : `${what}: ${verdicts.map(verdictSentence).join(' | ')}`
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
  }
}
