/** Marking a subject of the final review as reviewed, or asking for changes (P-S7-7). */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { ReviewSubject } from '@flagmarshal/api/procedure-write'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { authorsElsewhere } from './authors.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** Records the review. */
export async function reviewSubject(
  context: Context,
  database: Database,
  key: RunKey,
  { group, subject, verdict, comment }: ReviewSubject,
): Promise<RunView | Refusal> {
  const changed = await changeRun(context, database, key, async (present, tx) => ({
    action: 'run.review',
    after: { group, subject, verdict },
    ...(comment === undefined ? {} : { reason: comment }),
    event: {
      kind: 'subject-reviewed',
      group,
      subject,
      verdict,
      authors: await authorsElsewhere(tx, present),
      by: actorOf(context.actor),
      ...(comment === undefined ? {} : { comment }),
    },
  }))
  return isRefusal(changed) ? changed : runView(changed)
}
