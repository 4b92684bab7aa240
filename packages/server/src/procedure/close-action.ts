/**
 * Closing what a No-Go asked for (P-E11). The answer of people who were consulted is kept as
 * evidence; what is to be verified is looked at anew, and what was seen is kept.
 */
import type { CloseAction } from '@flagmarshal/api/procedure-act'
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { actionsOf } from '@flagmarshal/domain/procedure/action'
import type { ActionItem, JsonObject, Run } from '@flagmarshal/domain/procedure/run'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { evidenceHash, keepEvidence } from '../evidence/keep.ts'
import type { Evidence } from '../evidence/keep.ts'
import { notFound } from '../refusals.ts'
import { changeRun } from './change-run.ts'
import { actorOf, loadRun } from './load.ts'
import type { RunKey } from './load.ts'
import { lookAtInputs } from './look-at-inputs.ts'
import type { LookingParts } from './provide-input.ts'
import { runView } from './run-view.ts'

/** Closes the action. */
export async function closeAction(
  context: Context,
  parts: LookingParts,
  key: RunKey & { readonly action: string },
  { note, from }: CloseAction,
): Promise<RunView | Refusal> {
  const { action } = key
  const by = actorOf(context.actor)
  const looked = await lookAgain(context, parts, key)
  if (isRefusal(looked)) return looked
  const changed = await changeRun(context, parts.database, key, async ({ run }, tx) => {
    const placed = actionsOf(run).find((it) => it.item.id === action)
    if (placed === undefined) return notFound('action', action)
    const { step, item } = placed
    const event = { kind: 'action-closed' as const, action, note, by }
    const act = { action: 'run.close-action', after: { step, action }, reason: note }
    if (item.kind === 'do') return { ...act, event }
    const evidence: Evidence = {
      project: key.project,
      run: key.run,
      step,
      ...(item.kind === 'consult'
        ? { kind: 'attestation', content: answerOf(item, note, from ?? context.actor.name) }
        : { kind: 'check', content: { action, looked: seenOf(run, item) } }),
    }
    await keepEvidence(tx, context, [evidence])
    return { ...act, event: { ...event, evidence: evidenceHash(evidence, context) } }
  })
  return isRefusal(changed) ? changed : runView(changed)
}

/** What is to be verified is looked at anew before it counts. */
async function lookAgain(
  context: Context,
  parts: LookingParts,
  key: RunKey & { readonly action: string },
): Promise<Refusal | undefined> {
  const loaded = await loadRun(parts.database.kysely, key)
  if (isRefusal(loaded)) return loaded
  const placed = actionsOf(loaded.run).find((it) => it.item.id === key.action)
  if (placed?.item.kind !== 'verify') return undefined
  const looked = await lookAtInputs(context, parts, key)
  return isRefusal(looked) ? looked : undefined
}

function answerOf({ id, title }: ActionItem, answer: string, from: string): JsonObject {
  return { action: id, question: title, answer, from }
}

/** What each input that is to be verified amounts to at this moment. */
function seenOf(run: Run, { inputs = [] }: ActionItem): JsonObject {
  const verdicts = inputs.map((id): [string, JsonObject] => {
    const { ok = false, findings = [] } = run.inputs[id]?.verdict ?? {}
    return [id, { ok, findings }]
  })
  return Object.fromEntries(verdicts)
}
