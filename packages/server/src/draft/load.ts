/** Loading a draft with everything that it is judged by. */
import { isSameContent } from '@flagmarshal/domain/draft/content'
import type { ContentAt } from '@flagmarshal/domain/draft/content'
import type { Draft, DraftFacts } from '@flagmarshal/domain/draft/draft'
import { draftPolicyOf } from '@flagmarshal/domain/draft/policy'
import type { Policy } from '@flagmarshal/domain/procedure/policy'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { chainOf } from '../audit/chain.ts'
import { policyOf } from '../project/policy.ts'
import { selectPeopleIn } from '../storage/access.ts'
import type { PersonRow } from '../storage/access.ts'
import type { Queries } from '../storage/database.ts'
import { selectDraftVerdicts, selectLastPublished, selectSubjectAuthors } from '../storage/drafts.ts'
import type { DraftRow, DraftSubject, DraftVerdictRow } from '../storage/drafts.ts'
import { liveContent } from './subject.ts'

/** A draft with its surroundings. */
export interface LoadedDraft {
  readonly row: DraftRow
  readonly verdicts: readonly DraftVerdictRow[]
  readonly draft: Draft
  readonly facts: DraftFacts
  readonly live: ContentAt
  /** The draft that was last published about the same. */
  readonly published: DraftRow | undefined
  /** Where those are reached who are no people of this server. */
  readonly contacts: Policy['contacts']
}

/** What all drafts of a project are judged by. */
export interface DraftSurroundings {
  readonly policy: Policy
  readonly people: readonly PersonRow[]
}

/** Loads what all of them share. */
export async function loadSurroundings(queries: Queries, project: string): Promise<DraftSurroundings> {
  return { policy: await policyOf(queries, project), people: await selectPeopleIn(queries, project) }
}

/** Loads one. */
export async function loadDraft(
  queries: Queries,
  row: DraftRow,
  { policy, people }: DraftSurroundings,
): Promise<LoadedDraft> {
  const about = aboutOf(row)
  const live = await liveContent(queries, about, row.proposed)
  if (isRefusal(live)) throw new Error(`${row.id} is about what is not there: ${live.message}`)
  const verdicts = await selectDraftVerdicts(queries, row.id)
  const published = await selectLastPublished(queries, about)
  const segments = Object.keys(row.proposed.segments).map((key) => ({ kind: 'segment' as const, key }))
  const authors = await selectSubjectAuthors(queries, [{ kind: row.kind, key: row.subject }, ...segments], {
    chain: chainOf({ project: row.project }),
    environment: row.environment,
    after: published?.closed_at ?? new Date(0),
  })
  const behind = live.revision !== row.base_revision || !isSameContent(live.content, row.base)
  const facts = { policy: draftPolicyOf(policy.drafts, row.environment), people, authors, behind }
  return {
    row,
    verdicts,
    draft: draftOfRow(row, verdicts),
    facts,
    live,
    published,
    contacts: policy.contacts,
  }
}

/** What a draft is about. */
export function aboutOf({ project, environment, kind, subject }: DraftRow): DraftSubject {
  return { project, environment, kind, subject }
}

function draftOfRow(row: DraftRow, verdicts: readonly DraftVerdictRow[]): Draft {
  const { hash, contributors, requested_by: by, requested_at: at, requested_hash: asked } = row
  return {
    hash,
    contributors,
    verdicts,
    ...(by === null || at === null || asked === null ? {} : { requested: { by, at, hash: asked } }),
    ...(row.closed_as === null ? {} : { closed: row.closed_as }),
  }
}
