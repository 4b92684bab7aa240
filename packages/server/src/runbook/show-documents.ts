/** Reading the documents of a run: what there is, what state it is in, and one of them. */
import type { Documents } from '@flagmarshal/api/document'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import type { RunKey } from '../procedure/load.ts'
import { loadWholePublished } from '../procedure/published.ts'
import type { WholePublished } from '../procedure/published.ts'
import { seenRun } from '../procedure/show-run.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectPublications } from '../storage/publications.ts'
import type { BuiltDocument } from './build.ts'
import { jsonCopy, markdownCopy } from './copy.ts'
import { preparePublication } from './prepare.ts'
import { renderDocument } from './render.ts'
import { publicationView } from './view.ts'

/** The documents of a run. */
export async function listDocuments(
  context: Context,
  database: Database,
  key: RunKey,
): Promise<Documents | Refusal> {
  const seen = await seenRun(context, database, key)
  if (isRefusal(seen)) return seen
  const prepared = await preparePublication(database.kysely, key, { now: context.now, keep: false })
  if (isRefusal(prepared)) return prepared
  const published = await loadWholePublished(database.kysely, key.run)
  const { drift } = prepared
  const [latest] = await selectPublications(database.kysely, key.run)
  return {
    items: [
      ...prepared.contents.documents.map((it) => lineOf(it, published, drift.length > 0)),
      ...prepared.contents.records.map((it) => ({
        name: it.name,
        title: it.title,
        state: 'record' as const,
        hash: sha256(renderDocument(it)),
        publishedHash: null,
        findings: [],
      })),
    ],
    drift: [...drift],
    publication: latest === undefined ? null : publicationView(latest),
  }
}

/** One document as it would be published now. */
export async function showDocument(
  context: Context,
  database: Database,
  { document, format, ...key }: RunKey & { readonly document: string; readonly format: 'markdown' | 'json' },
): Promise<string | Refusal> {
  const seen = await seenRun(context, database, key)
  if (isRefusal(seen)) return seen
  const prepared = await preparePublication(database.kysely, key, { now: context.now, keep: false })
  if (isRefusal(prepared)) return prepared
  const { documents, records, provenance } = prepared.contents
  const found = documents.find((it) => it.name === document)
  if (found !== undefined)
    return format === 'json' ? jsonCopy(found, provenance) : markdownCopy(found, provenance)
  const made = records.find((it) => it.name === document)
  if (made === undefined) return notFound('document', document)
  return format === 'json' ? `${JSON.stringify(made, null, 2)}\n` : renderDocument(made)
}

function lineOf(
  { name, title, hash, findings }: BuiltDocument,
  published: WholePublished | undefined,
  drifted: boolean,
): Documents['items'][number] {
  const publishedHash = published?.documents[name] ?? null
  const state =
    findings.length > 0
      ? ('incomplete' as const)
      : publishedHash === null
        ? ('not_published' as const)
        : drifted && publishedHash !== hash
          ? ('stale' as const)
          : ('published' as const)
  return { name, title, state, hash, publishedHash, findings: [...findings] }
}
