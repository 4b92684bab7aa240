/** Drafts as callers see them. */
import type { DraftSummary, Draft as DraftView } from '@flagmarshal/api/draft'
import type { DraftContent } from '@flagmarshal/domain/draft/content'
import { approvalSlots, draftState, waitsFor } from '@flagmarshal/domain/draft/draft'

import type { Queries } from '../storage/database.ts'
import { selectDraftVerdicts } from '../storage/drafts.ts'
import type { DraftRow } from '../storage/drafts.ts'
import type { LoadedDraft } from './load.ts'
import { aboutOf } from './load.ts'
import { exposedFlags } from './subject.ts'

/** A draft without its contents. */
export function draftSummary({ row, draft, facts }: LoadedDraft): DraftSummary {
  const closed = row.closed_as !== null
  return {
    id: row.id,
    environment: row.environment,
    subject: { kind: row.kind, key: row.subject },
    why: row.why,
    state: draftState(draft, facts),
    behind: !closed && facts.behind,
    hash: row.hash,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    changedBy: row.changed_by,
    changedAt: row.changed_at.toISOString(),
    contributors: [...row.contributors],
    approvals: approvalSlots(draft, facts).map(({ roles, by }) => ({ roles: [...roles], by: by ?? null })),
    waitsFor: [...waitsFor(draft, facts)],
  }
}

/** A draft with everything that somebody who decides on it must see. */
export async function draftView(queries: Queries, loaded: LoadedDraft): Promise<DraftView> {
  const { row, verdicts, facts, live, published } = loaded
  const asked = row.requested_hash === row.hash && row.requested_by !== null && row.requested_at !== null
  return {
    ...draftSummary(loaded),
    requested: asked ? requestOf(row) : null,
    verdicts: verdicts.map(({ by, roles, verdict, hash, comment, at }) => ({
      by,
      roles: [...roles],
      verdict,
      hash,
      stale: hash !== row.hash,
      comment,
      at: at.toISOString(),
    })),
    authors: [...facts.authors],
    raises: (await exposedFlags(queries, aboutOf(row), row.proposed)).length > 0,
    approved: await approvedView(queries, published),
    base: { revision: row.base_revision, content: contentView(row.base) },
    live: { revision: live.revision, content: contentView(live.content) },
    proposed: contentView(row.proposed),
    closed: closedOf(row),
  }
}

/** The engine's types are read-only all the way down; the wire's are not. */
export function contentView(content: DraftContent): DraftView['proposed'] {
  return structuredClone(content) as DraftView['proposed']
}

function requestOf({ requested_by: by, requested_at: at }: DraftRow): DraftView['requested'] {
  return by === null || at === null ? null : { by, at: at.toISOString() }
}

function closedOf(row: DraftRow): DraftView['closed'] {
  const { closed_by: by, closed_at: at, closed_reason: reason, published_revision: revision } = row
  return by === null || at === null ? null : { by, at: at.toISOString(), revision, reason }
}

async function approvedView(queries: Queries, row: DraftRow | undefined): Promise<DraftView['approved']> {
  if (row === undefined || row.closed_at === null) return null
  const verdicts = await selectDraftVerdicts(queries, row.id)
  const by = verdicts.filter((it) => it.verdict === 'approved' && it.hash === row.hash).map((it) => it.by)
  const content = contentView(row.proposed)
  return { draft: row.id, by: [...new Set(by)], at: row.closed_at.toISOString(), content }
}
