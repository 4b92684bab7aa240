/** A person's word in place of a check that this version lacks, or why a check does not apply. */
import type { Step } from '@flagmarshal/api/procedure-step'
import type { GiveEvidence } from '@flagmarshal/api/procedure-write'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { evidenceHash, keepEvidence } from '../evidence/keep.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import { knownStep } from './show-step.ts'
import type { StepKey } from './show-step.ts'
import { stepView } from './step-view.ts'

/** Records the evidence. */
export async function giveEvidence(
  context: Context,
  database: Database,
  key: StepKey,
  input: GiveEvidence,
): Promise<Step | Refusal> {
  const { step, project } = key
  const by = actorOf(context.actor)
  const changed = await changeRun(context, database, key, async (present, tx) => {
    const unknown = knownStep(present, step)
    if (unknown !== undefined) return unknown
    const { check } = input
    if ('notApplicable' in input) {
      const reason = input.notApplicable
      return {
        action: 'run.set-aside',
        after: { step, check },
        reason,
        event: { kind: 'check-set-aside', step, check, reason, by },
      }
    }
    const { statement, reference } = input
    const evidence = {
      project,
      run: key.run,
      step,
      kind: 'attestation' as const,
      content: { check, statement, reference },
    }
    await keepEvidence(tx, context, [evidence])
    const hash = evidenceHash(evidence, context)
    return {
      action: 'run.attest',
      after: { step, check, statement, reference, evidence: hash },
      event: { kind: 'check-attested', step, check, statement, reference, evidence: hash, by },
    }
  })
  return isRefusal(changed) ? changed : stepView(changed, step)
}
