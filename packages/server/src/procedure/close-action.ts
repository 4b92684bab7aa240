/** Closing what a No-Go asked for; the answer of people who were consulted is kept as evidence (P-E11). */
import type { CloseAction } from '@flagmarshal/api/procedure-act'
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { actionsOf } from '@flagmarshal/domain/procedure/action'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { evidenceHash, keepEvidence } from '../evidence/keep.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { changeRun } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'

/** Closes the action. */
export async function closeAction(
  context: Context,
  database: Database,
  key: RunKey & { readonly action: string },
  { note, from }: CloseAction,
): Promise<RunView | Refusal> {
  const { action } = key
  const by = actorOf(context.actor)
  const changed = await changeRun(context, database, key, async ({ run }, tx) => {
    const placed = actionsOf(run).find((it) => it.item.id === action)
    if (placed === undefined) return notFound('action', action)
    const { step, item } = placed
    const event = { kind: 'action-closed' as const, action, note, by }
    const act = { action: 'run.close-action', after: { step, action }, reason: note }
    if (item.kind !== 'consult') return { ...act, event }
    const answer = { action, question: item.title, answer: note, from: from ?? context.actor.name }
    const evidence = {
      project: key.project,
      run: key.run,
      step,
      kind: 'attestation' as const,
      content: answer,
    }
    await keepEvidence(tx, context, [evidence])
    return { ...act, event: { ...event, evidence: evidenceHash(evidence, context) } }
  })
  return isRefusal(changed) ? changed : runView(changed)
}
