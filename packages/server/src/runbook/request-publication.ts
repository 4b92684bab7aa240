/** Asking for the documents to be published: the job is stored, and any server carries it out. */
import type { Publication } from '@flagmarshal/api/document'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import { loadCheckFacts } from '../procedure/document-facts.ts'
import { loadRunLocked } from '../procedure/load.ts'
import type { RunKey } from '../procedure/load.ts'
import { loadWholePublished } from '../procedure/published.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { insertPublication, selectPublications, selectUnderWay } from '../storage/publications.ts'
import { buildDocuments } from './build.ts'
import { publicationView } from './view.ts'

/** What is said of findings at most. */
const NAMED = 5

/** Accepts a publication; one that has not ended is not doubled. Refuses documents that lack something. */
export async function requestPublication(
  context: Context,
  database: Database,
  key: RunKey,
): Promise<Publication | Refusal> {
  return await database.transaction(async (tx) => {
    const loaded = await loadRunLocked(tx, key)
    if (isRefusal(loaded)) return loaded
    const { run } = loaded
    if (run.state.kind === 'aborted') {
      return refuse('run-ended', `Run ${run.id} was aborted.`, 'Publish the documents of a run under way.')
    }
    const underWay = await selectUnderWay(tx, run.id, 'documents')
    if (underWay !== undefined) return publicationView(underWay)
    const { documents } = await loadCheckFacts(tx, loaded, context.now)
    if (documents.now === undefined) throw new Error('the facts of the documents were not loaded')
    const { findings } = buildDocuments(documents.now, await loadWholePublished(tx, run.id))
    if (findings.length > 0) {
      const more = findings.length > NAMED ? ` · and ${findings.length - NAMED} more` : ''
      return refuse(
        'documents-incomplete',
        `The documents lack something: ${findings.slice(0, NAMED).join(' · ')}${more}.`,
        'Complete the outputs of the steps that they are made from.',
      )
    }
    const id = newId('publication')
    const by = context.actor.id
    await insertPublication(tx, {
      id,
      project: key.project,
      run: run.id,
      kind: 'documents',
      requested_by: by,
    })
    const row = (await selectPublications(tx, run.id)).find((it) => it.id === id)
    if (row === undefined) throw new Error(`publication ${id} was inserted and is not there`)
    return publicationView(row)
  })
}

/** The publications of a run, newest first. */
export async function listPublications({ kysely }: Database, key: RunKey): Promise<Publication[] | Refusal> {
  const rows = (await selectPublications(kysely, key.run)).filter((it) => it.project === key.project)
  return rows.map(publicationView)
}

/** One of them. */
export async function showPublication(
  { kysely }: Database,
  { project, run, publication }: RunKey & { readonly publication: string },
): Promise<Publication | Refusal> {
  const rows = await selectPublications(kysely, run)
  const row = rows.find((it) => it.id === publication && it.project === project)
  return row === undefined ? notFound('publication', publication) : publicationView(row)
}
