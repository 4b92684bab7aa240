/** Comments on the subjects of the final review, and resolving them (P-S7-1). */
import type { Comment } from '@flagmarshal/api/procedure-act'
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** Adds a comment, to a thread or as a new one. */
export async function commentOnRun(
  context: Context,
  database: Database,
  key: RunKey,
  { text, ...on }: Comment,
): Promise<RunView | Refusal> {
  const changed = await changeRun(context, database, key, () => ({
    action: 'run.comment',
    after: on,
    reason: text,
    event: { kind: 'commented', text, on, by: actorOf(context.actor) },
  }))
  return isRefusal(changed) ? changed : runView(changed)
}

/** Resolves a thread. */
export async function resolveComment(
  context: Context,
  database: Database,
  key: RunKey & { readonly thread: string },
  note: string,
): Promise<RunView | Refusal> {
  const { thread } = key
  const changed = await changeRun(context, database, key, () => ({
    action: 'run.resolve-comment',
    after: { thread },
    reason: note,
    event: { kind: 'thread-resolved', thread, note, by: actorOf(context.actor) },
  }))
  return isRefusal(changed) ? changed : runView(changed)
}
