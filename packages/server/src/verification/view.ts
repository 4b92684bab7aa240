/** Verification runs, and what drills share with them, as the API shows them. */
import type { VerificationRun } from '@flagmarshal/api/verification'
import type { VerificationFound } from '@flagmarshal/domain/verification/model'

import { startedWith } from '../procedure/exercise-facts.ts'
import type { ExerciseRow } from '../storage/exercises.ts'

type Shared = Omit<VerificationRun, 'boundMs' | 'environments'>

/** What every exercise shows; `subject` hashes what is configured now. */
export function exerciseView(row: ExerciseRow, subject: string): Shared {
  return {
    id: row.id,
    run: row.run,
    feature: row.feature,
    flag: row.flag,
    state: row.state,
    startedBy: row.started_by,
    startedAt: row.started_at.toISOString(),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
    progress: [...row.progress],
    ...(row.problem === null ? {} : { problem: row.problem }),
    ...(row.evidence === null ? {} : { evidence: row.evidence }),
    ...(row.state === 'running' ? {} : { current: startedWith(row) === subject }),
  }
}

/** One verification run. */
export function verificationView(row: ExerciseRow, subject: string): VerificationRun {
  const { boundMs } = row.settings as { readonly boundMs: number }
  const found = row.result as VerificationFound | null
  return {
    ...exerciseView(row, subject),
    boundMs,
    ...(found === null
      ? {}
      : { environments: structuredClone(found.environments) as VerificationRun['environments'] & object }),
  }
}
