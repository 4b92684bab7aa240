/** Ending a run, with the cause and what was learned (P-EX6). */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { AbortRun } from '@flagmarshal/api/procedure-write'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'
import { stageOf } from './stage.ts'

/** Aborts. Refused while a rollout is under way: users may be exposed. */
export async function abortRun(
  context: Context,
  database: Database,
  key: RunKey,
  { cause, detail, lessons }: AbortRun,
): Promise<RunView | Refusal> {
  if (cause === 'other' && detail === undefined) {
    return refuse('invalid', 'Another cause needs a text.', 'Say what the cause is.', '/detail')
  }
  const text = detail === undefined ? cause : `${cause}: ${detail}`
  const changed = await changeRun(context, database, key, async ({ feature }, tx) => ({
    action: 'run.abort',
    after: { cause: text, lessons },
    reason: text,
    event: {
      kind: 'aborted',
      cause: text,
      lessons,
      carriedOut: (await stageOf(tx, feature.project, feature.key))?.alive === true,
      by: actorOf(context.actor),
    },
  }))
  return isRefusal(changed) ? changed : runView(changed)
}
