/**
 * What a publication puts into the repository: the documents of the feature in a folder of their own,
 * and managed sections in runbooks that belong to others.
 */
import { putSection } from '@flagmarshal/domain/runbook/managed-section'
import { INSERT_OUTLINE } from '@flagmarshal/domain/runbook/operations-documents'
import type { Document } from '@flagmarshal/domain/runbook/tree'

import type { DocumentCommit } from '../integrations/interfaces.ts'
import type { BuiltDocument } from './build.ts'
import { jsonCopy, markdownCopy } from './copy.ts'
import type { Provenance } from './copy.ts'
import { renderDocument, renderSections } from './render.ts'

export interface Contents {
  readonly feature: string
  readonly documents: readonly BuiltDocument[]
  /** The tree of the runbook insert. */
  readonly insert: Document
  /** Approval and exit record: made from the bundle, not part of it. */
  readonly records: readonly Document[]
  readonly provenance: Provenance
}

/** The files of the feature's folder. */
export function filesOf(
  folder: string,
  { documents, records, provenance }: Contents,
): DocumentCommit['files'] {
  return [
    ...documents.flatMap((it) => [
      { path: `${folder}/${it.name}.md`, content: markdownCopy(it, provenance) },
      { path: `${folder}/${it.name}.json`, content: jsonCopy(it, provenance) },
    ]),
    ...records.flatMap((it) => [
      { path: `${folder}/${it.name}.md`, content: renderDocument(it) },
      { path: `${folder}/${it.name}.json`, content: `${JSON.stringify(it, null, 2)}\n` },
    ]),
  ]
}

/** The runbooks, each with the feature's three sections put in their places. */
export function editsOf(runbooks: readonly string[], contents: Contents): DocumentCommit['edits'] {
  return runbooks.map((path) => ({ path, edit: (present) => withSections(present, path, contents) }))
}

function withSections(
  present: Buffer | undefined,
  path: string,
  { feature, insert }: Contents,
): Buffer | { readonly fault: string } {
  let file = present?.toString('latin1') ?? `# ${path.split('/').at(-1)?.replace(/\.md$/, '') ?? 'Runbook'}\n`
  for (const id of INSERT_OUTLINE) {
    const sections = insert.sections.filter((it) => it.id === id)
    const body = Buffer.from(renderSections(sections, 2), 'utf8').toString('latin1')
    const put = putSection(file, { id: `${feature}/${id}`, body })
    if (typeof put !== 'string') return put
    file = put
  }
  return Buffer.from(file, 'latin1')
}
