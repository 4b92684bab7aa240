/** What people say to a draft: asking for approval, approving, asking for changes, giving it up. */
import type { Draft as DraftView } from '@flagmarshal/api/draft'
import { whyUnproven } from '@flagmarshal/domain/access/proof'
import { mayActOn, mayRequest, verdictRoles } from '@flagmarshal/domain/draft/can'
import type { GivenVerdict } from '@flagmarshal/domain/draft/can'
import { draftState } from '@flagmarshal/domain/draft/draft'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { SIGNAL_TYPES } from '@flagmarshal/domain/signal/signal'

import type { Actor, Context } from '../context.ts'
import type { FlagParts } from '../flag/ports.ts'
import { notFound } from '../refusals.ts'
import type { Database, Tx } from '../storage/database.ts'
import { insertDraftVerdict, lockDraft, updateDraft } from '../storage/drafts.ts'
import type { DraftRow } from '../storage/drafts.ts'
import { aboutOf, loadDraft, loadSurroundings } from './load.ts'
import type { DraftSurroundings, LoadedDraft } from './load.ts'
import type { DraftKey } from './read.ts'
import { whyNoDraft } from './save.ts'
import { tellDraft } from './tell.ts'
import type { DraftAct } from './tell.ts'
import { draftView } from './view.ts'

/** Asks for the approval of a draft as it is now. */
export async function requestDraft(
  context: Context,
  { database, flagPorts }: FlagParts,
  key: DraftKey,
): Promise<DraftView | Refusal> {
  return await actOn(context, database, key, async (tx, { row, draft, facts }, surroundings) => {
    const no =
      mayRequest(draft, facts) ??
      (await whyNoDraft(tx, flagPorts, aboutOf(row), { content: row.proposed, surroundings }))
    if (no !== undefined) return no
    const asked = {
      requested_hash: row.hash,
      requested_by: context.actor.id,
      requested_at: context.now,
    }
    return {
      row: await updateDraft(tx, row.id, asked),
      act: () => ({
        action: 'draft.request',
        signal: SIGNAL_TYPES.draftRequested,
        words: 'waits for approval',
      }),
    }
  })
}

/** Approves a draft by its hash, or asks for changes. */
export async function decideDraft(
  context: Context,
  database: Database,
  key: DraftKey,
  given: GivenVerdict,
): Promise<DraftView | Refusal> {
  const { verdict, hash, comment } = given
  return await actOn(context, database, key, async (tx, { row, draft, facts }, { policy }) => {
    const roles = verdictRoles(draft, facts, draftActor(context.actor), given)
    if (isRefusal(roles)) return roles
    const unproven =
      verdict === 'approved' ? whyUnproven(policy.signatures, context.actor.proof, context.now) : undefined
    if (unproven !== undefined) return unproven
    await insertDraftVerdict(tx, {
      draft: row.id,
      by: context.actor.id,
      roles: [...roles],
      verdict,
      hash,
      comment: comment ?? null,
      at: context.now,
    })
    return {
      row: await updateDraft(tx, row.id, {}),
      act: (after) => verdictAct(verdict, comment, draftState(after.draft, after.facts) === 'approved'),
    }
  })
}

/** Gives a draft up. */
export async function discardDraft(
  context: Context,
  database: Database,
  key: DraftKey,
  reason: string | undefined,
): Promise<DraftView | Refusal> {
  return await actOn(context, database, key, async (tx, { row, draft, facts }) => {
    const no = mayActOn(draft, facts, 'discard')
    if (no !== undefined) return no
    const closed = {
      closed_as: 'discarded' as const,
      closed_by: context.actor.id,
      closed_at: context.now,
      closed_reason: reason ?? null,
    }
    // Whoever was asked for approval hears that it is not needed any more.
    const heard = draftState(draft, facts) !== 'draft'
    return {
      row: await updateDraft(tx, row.id, closed),
      act: () => ({
        action: 'draft.discard',
        ...(heard ? { signal: SIGNAL_TYPES.draftDiscarded, words: 'is given up' } : {}),
        reason,
      }),
    }
  })
}

/** Who acts on a draft, as the domain sees it: what is no personal token is nobody in particular. */
export function draftActor({ id, tokenKind, roles, proof }: Actor) {
  return { id, kind: tokenKind ?? ('admin' as const), roles, ...(proof === undefined ? {} : { proof }) }
}

interface Acted {
  readonly row: DraftRow
  /** What is told and recorded of it, seeing the draft as it is afterwards. */
  readonly act: (after: LoadedDraft) => DraftAct
}

type Act = (tx: Tx, present: LoadedDraft, surroundings: DraftSurroundings) => Promise<Acted | Refusal>

/** Loads a draft, locked, lets `act` change it, tells and records. */
async function actOn(
  context: Context,
  database: Database,
  { project, draft: id }: DraftKey,
  act: Act,
): Promise<DraftView | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await lockDraft(tx, project, id)
    if (row === undefined) return notFound('draft', id)
    const surroundings = await loadSurroundings(tx, project)
    const acted = await act(tx, await loadDraft(tx, row, surroundings), surroundings)
    if (isRefusal(acted)) return acted
    const after = await loadDraft(tx, acted.row, surroundings)
    await tellDraft(tx, context, after, acted.act(after))
    return await draftView(tx, after)
  })
}

function verdictAct(
  verdict: GivenVerdict['verdict'],
  comment: string | undefined,
  settled: boolean,
): DraftAct {
  if (verdict === 'changes_requested')
    return {
      action: 'draft.request-changes',
      signal: SIGNAL_TYPES.draftChangesRequested,
      words: 'needs changes',
      reason: comment,
    }
  return {
    action: 'draft.approve',
    ...(settled ? { signal: SIGNAL_TYPES.draftApproved, words: 'is approved' } : {}),
    reason: comment,
  }
}
