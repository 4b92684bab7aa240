/** The drafts that wait for one person, over all projects. */
import type { DraftSummary } from '@flagmarshal/api/draft'
import { draftPolicyOf } from '@flagmarshal/domain/draft/policy'
import type { Policy } from '@flagmarshal/domain/procedure/policy'

import { rolesIn } from '../context.ts'
import type { Actor } from '../context.ts'
import { peopleIn, selectPeople } from '../storage/access.ts'
import type { Queries } from '../storage/database.ts'
import { selectOpenDrafts } from '../storage/drafts.ts'
import type { DraftRow } from '../storage/drafts.ts'
import { loadDraft } from './load.ts'
import { draftSummary } from './view.ts'

/** A draft and the project that it is in. */
export interface WaitingDraft {
  readonly project: string
  readonly draft: DraftSummary
}

/** Those that wait for the actor now, the oldest first. Only what may be theirs is loaded. */
export async function draftsWaitingFor(
  queries: Queries,
  actor: Actor,
  policyOf: (project: string) => Policy,
): Promise<readonly WaitingDraft[]> {
  if (actor.kind !== 'person') return []
  const open = await selectOpenDrafts(queries)
  const rows = open.filter((row) => mayBeTheirs(row, actor, policyOf(row.project)))
  if (rows.length === 0) return []
  const people = await selectPeople(queries)
  const waiting: WaitingDraft[] = []
  for (const row of rows) {
    const surroundings = { policy: policyOf(row.project), people: peopleIn(people, row.project) }
    const draft = draftSummary(await loadDraft(queries, row, surroundings))
    if (draft.waitsFor.includes(actor.id)) waiting.push({ project: row.project, draft })
  }
  return waiting
}

function mayBeTheirs(row: DraftRow, actor: Actor, { drafts }: Policy): boolean {
  if (row.contributors.includes(actor.id)) return true
  const roles = rolesIn(actor, row.project)
  const { approvals } = draftPolicyOf(drafts, row.environment)
  return row.requested_hash === row.hash && approvals.flat().some((it) => roles.includes(it))
}
