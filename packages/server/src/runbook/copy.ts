/**
 * The published copy of a document: a header that says where it comes from, and the body under it.
 * The header is outside of what is hashed; everything after the line that names the hash is the body.
 */
import type { Line } from '@flagmarshal/domain/runbook/tree'
import { fields } from '@flagmarshal/domain/runbook/tree'

import type { BuiltDocument } from './build.ts'
import { renderSections } from './render.ts'

/** What the header of every document of a publication says. */
export interface Provenance {
  readonly feature: string
  readonly ticket: string
  readonly bundleHash: string
  /** Counts the different bundles of the run that were published. */
  readonly revision: number
  /** RFC 3339. */
  readonly newestFact: string
  readonly source: string
  /** The procedure that it follows: its status, owner and document (P-M1). */
  readonly procedure: string
  /** The procedures that it names, with their addresses. */
  readonly related: string
  /** What was found when it was published and is no part of what is approved. */
  readonly found: Readonly<Record<string, readonly (readonly [string, string])[]>>
}

/** The copy as Markdown. */
export function markdownCopy(document: BuiltDocument, provenance: Provenance): string {
  const rows: readonly (readonly [string, Line])[] = [
    ['Feature', provenance.feature],
    ['Ticket', provenance.ticket],
    ['Bundle', { code: provenance.bundleHash }],
    ['Revision', String(provenance.revision)],
    ['Newest fact', provenance.newestFact],
    ['Source', provenance.source],
    ['Procedure', provenance.procedure],
    ['Related procedures', provenance.related],
    ['Note', 'Do not edit: change the source and publish again.'],
    ...(provenance.found[document.name] ?? []),
  ]
  const section = { id: 'header', title: 'Where this comes from', blocks: [fields(rows)] }
  return `${renderSections([section], 3)}\n<!-- flagmarshal:body sha256=${document.hash} -->\n${document.markdown}`
}

/** The copy for machines. */
export function jsonCopy({ name, title, hash, tree }: BuiltDocument, provenance: Provenance): string {
  const { found, ...header } = provenance
  const copy = { name, title, hash, ...header, found: found[name] ?? [], document: tree }
  return `${JSON.stringify(copy, null, 2)}\n`
}
