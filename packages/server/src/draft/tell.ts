/** What others hear of a draft, and what the audit chain keeps: both in the transaction of the act. */
import { draftState, waitsFor } from '@flagmarshal/domain/draft/draft'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'
import type { LoadedDraft } from './load.ts'

/** An act on a draft. */
export interface DraftAct {
  /** `draft.save`. */
  readonly action: string
  /** The type of the signal, where others hear of it. */
  readonly signal?: string
  /** `waits for approval`: what the signal says of it in a sentence. */
  readonly words?: string
  readonly reason?: string | undefined
  readonly before?: unknown
}

/** Emits and records; call it last. */
export async function tellDraft(
  tx: Tx,
  context: Context,
  { row, draft, facts, contacts }: LoadedDraft,
  { action, signal, words = '', reason, before }: DraftAct,
): Promise<void> {
  const { id, project, environment, kind, subject, why, hash, revision } = row
  const notify = waitsFor(draft, facts)
  if (signal !== undefined) {
    const by = context.actor.id
    await emit(tx, context, {
      type: signal,
      project,
      subject: `${kind}s/${subject}`,
      data: {
        draft: id,
        environment,
        [kind]: subject,
        why,
        hash,
        by,
        state: draftState(draft, facts),
        notify,
        text: `${subject} in ${environment}: the draft ${id} ${words} (${by}). ${why}`,
        ...(reason === undefined ? {} : { comment: reason }),
      },
      tell: { names: notify, contacts },
      dedupKey: `${signal}/${id}/${revision}`,
    })
  }
  const { base, proposed, base_revision: baseRevision } = row
  await record(tx, context, {
    chain: { project },
    action,
    subject: { kind: 'draft', id },
    ...(before === undefined ? {} : { before }),
    after: {
      environment,
      [kind]: subject,
      hash,
      state: draftState(draft, facts),
      ...(action === 'draft.save' ? { why, baseRevision, base, proposed } : {}),
    },
    ...(reason === undefined ? {} : { reason }),
  })
}
