/** The end of an exercise: everything put back, the result kept as evidence, in one transaction. */
import type { Json } from '@flagmarshal/domain/audit/canonical'

import { record } from '../audit/record.ts'
import { evidenceHash, keepEvidence } from '../evidence/keep.ts'
import { endExercise, lockExercise } from '../storage/exercises.ts'
import { emit } from '../storage/outbox.ts'
import { exerciseNoun } from './accept.ts'
import type { Exercise } from './exercises.ts'
import { putBack } from './put-back.ts'

/** What it found, and the step that it is evidence of. */
export interface Ending {
  readonly step: number
  readonly found: object
  /** Of a drill: how it ended, for the signal. */
  readonly drill?: 'passed' | 'failed' | 'unknown'
}

/** Ends it as done. */
export async function endWithEvidence(exercise: Exercise, { step, found, drill }: Ending): Promise<void> {
  const { database, row, flagPorts } = exercise
  const context = exercise.context()
  const result: Json = JSON.parse(JSON.stringify(found))
  const content = { exercise: row.id, kind: row.kind, flag: row.flag, startedBy: row.started_by, result }
  const evidence = { project: row.project, run: row.run, step, kind: 'check' as const, content }
  const hash = evidenceHash(evidence, context)
  await database.transaction(async (tx) => {
    const present = await lockExercise(tx, row.id)
    // Another server took it for abandoned: what it says holds.
    if (present === undefined) return
    await putBack(tx, context, flagPorts, present)
    await keepEvidence(tx, context, [evidence])
    await endExercise(tx, row.id, { state: 'done', result, evidence: hash })
    if (drill !== undefined) {
      await emit(tx, context, {
        type: `dev.flagmarshal.drill.${drill === 'passed' ? 'passed' : 'failed'}`,
        project: row.project,
        subject: `features/${row.feature}`,
        data: { drill: row.id, kind: row.kind, run: row.run, verdict: drill, evidence: hash },
        dedupKey: `drill/${row.id}`,
      })
    }
    await record(tx, context, {
      chain: { project: row.project },
      action: `${exerciseNoun(row.kind)}.done`,
      subject: { kind: 'exercise', id: row.id },
      after: { kind: row.kind, evidence: hash, ...(drill === undefined ? {} : { verdict: drill }) },
      run: row.run,
    })
  })
}
