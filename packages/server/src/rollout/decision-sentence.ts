/** Decisions, acts and verifications in words, made from their numbers when somebody asks. */
import type { Recovery } from '@flagmarshal/domain/rollback/outcome'
import type { RolloutPlan } from '@flagmarshal/domain/rollout/model'
import { decisionSentence } from '@flagmarshal/domain/rollout/sentence'

import type { RollbackFound } from '../rollback/facts.ts'
import type { Recorded, Said } from './record.ts'

/** Why, in one sentence. */
export function sentenceOf(plan: RolloutPlan, recorded: Recorded): string {
  switch (recorded.kind) {
    case 'scheduled':
      return `scheduled for ${recorded.startAt}, as run ${recorded.run} has planned`
    case 'engine':
      return decisionSentence(plan, recorded.decision)
    case 'person':
      return `${ACTS[recorded.act]}${untilText(recorded.until)} by ${whoText(recorded)}: ${recorded.reason}`
    case 'approved':
      return `approved by ${whoText(recorded)}: ${recorded.reason} (evidence ${recorded.evidence.slice(0, 12)})`
    case 'overridden':
      return `${recorded.criterion} set aside${untilText(recorded.until)} by ${whoText(recorded)}: ${recorded.reason}`
    case 'reviewed':
      return `reviewed by ${whoText(recorded)}, ${recorded.outcome}: ${recorded.reason}`
    case 'adopted':
      return `plan ${recorded.planVersion} taken over by ${whoText(recorded)}: ${recorded.reason}${droppedText(recorded.dropped)}`
    case 'killed':
      return `ended: the flag was switched off by ${recorded.by}: ${recorded.reason}`
    case 'verified':
      return `rolled back and verified: ${foundText(recorded.found)}`
    case 'failed':
      return `the rollback is not verified: ${recorded.failure}; ${foundText(recorded.found)}`
  }
}

const ACTS = {
  pause: 'paused',
  resume: 'resumed',
  advance: 'advanced',
  rollback: 'rolled back',
  abort: 'aborted',
} as const

function whoText({ by, roles }: Said): string {
  return roles === undefined || roles.length === 0 ? by : `${by} (${roles.join(', ')})`
}

function untilText(until: string | undefined): string {
  return until === undefined ? '' : ` until ${until}`
}

function droppedText(dropped: readonly string[]): string {
  return dropped.length === 0
    ? '; all evidence is kept'
    : `; the evidence of ${dropped.join(', ')} begins anew`
}

/** What a verification found so far. */
export function foundText({ verification, exposure, recovery }: RollbackFound): string {
  const { confirmed, total, lost, instances } = verification
  const slowest = Math.max(0, ...instances.map((it) => it.confirmedAfterMs ?? 0))
  const who = `${confirmed} of ${total} instances confirmed${confirmed === 0 ? '' : ` within ${slowest} ms`}`
  const missing = lost === 0 ? '' : `, ${lost} fell silent`
  const left = exposure.gone
    ? `no exposure ${exposure.afterMs ?? 0} ms after`
    : 'exposure not yet seen to be gone'
  return `${who}${missing}; ${left}; ${recoveryText(recovery)}`
}

function recoveryText({ before, after, recovered }: Recovery): string {
  if (before === null) return 'nothing to recover from'
  const share = `bad share ${percent(before)} → ${after === null ? 'no requests since' : percent(after)}`
  return recovered === null ? `${share}, too little to judge` : share
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`
}
