/** Agreeing on who gets a missing input, and by when. */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { InputKey } from './override-input.ts'
import { runView } from './run-view.ts'

/** Records it. */
export async function agreeRemediation(
  context: Context,
  database: Database,
  key: InputKey,
  { owner, dueAt }: { readonly owner: string; readonly dueAt: string },
): Promise<RunView | Refusal> {
  const changed = await changeRun(context, database, key, ({ run }) => ({
    action: 'run.remediation',
    before: run.remediations?.[key.input],
    after: { input: key.input, owner, dueAt },
    event: {
      kind: 'remediation-agreed',
      input: key.input,
      owner,
      dueAt: new Date(dueAt),
      by: actorOf(context.actor),
    },
  }))
  return isRefusal(changed) ? changed : runView(changed)
}
