/** Reading drafts. */
import type { DraftSummary, Draft as DraftView } from '@flagmarshal/api/draft'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectDraft, selectDrafts } from '../storage/drafts.ts'
import type { DraftFilter } from '../storage/drafts.ts'
import { selectProject } from '../storage/projects.ts'
import { loadDraft, loadSurroundings } from './load.ts'
import { draftSummary, draftView } from './view.ts'

/** Names one draft. */
export interface DraftKey {
  readonly project: string
  readonly draft: string
}

/** The newest drafts of a project, newest first. */
export async function listDrafts(
  { kysely }: Database,
  project: string,
  filter: DraftFilter,
): Promise<DraftSummary[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const rows = await selectDrafts(kysely, project, filter)
  if (rows.length === 0) return []
  const surroundings = await loadSurroundings(kysely, project)
  const drafts: DraftSummary[] = []
  for (const row of rows) drafts.push(draftSummary(await loadDraft(kysely, row, surroundings)))
  return drafts
}

/** One draft. */
export async function showDraft({ kysely }: Database, key: DraftKey): Promise<DraftView | Refusal> {
  const row = await selectDraft(kysely, key.project, key.draft)
  if (row === undefined) return notFound('draft', key.draft)
  return await draftView(kysely, await loadDraft(kysely, row, await loadSurroundings(kysely, key.project)))
}
