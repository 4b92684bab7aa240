/**
 * The bundle with everything that proves it, as one zip (P-O1): documents, machine-readable JSON,
 * evidence, approvals, the audit chain with its head, and how to verify it without the server.
 */
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { Json } from '@flagmarshal/domain/audit/canonical'
import {
  APPROVALS,
  bundleFile,
  CHAIN,
  documentFile,
  evidenceFile,
  MANIFEST,
  PUBLICATIONS,
} from '@flagmarshal/domain/audit/verify-export'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { chainOf } from '../audit/chain.ts'
import { batchesOf } from '../audit/read.ts'
import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import { inTurns } from '../in-turns.ts'
import { presentBundle } from '../procedure/bundle.ts'
import { loadFacts } from '../procedure/facts.ts'
import { loadRun } from '../procedure/load.ts'
import type { Loaded, RunKey } from '../procedure/load.ts'
import { loadWholePublished } from '../procedure/published.ts'
import { relatedOf } from '../procedure/related.ts'
import { seenRun } from '../procedure/show-run.ts'
import { selectHead } from '../storage/audit.ts'
import type { Database, Tx } from '../storage/database.ts'
import { selectEvidenceOfRun } from '../storage/evidence.ts'
import { selectBundle } from '../storage/procedures.ts'
import { selectPublications } from '../storage/publications.ts'
import { instructions } from './instructions.ts'
import { preparePublication } from './prepare.ts'
import { renderDocument } from './render.ts'
import { publicationView } from './view.ts'
import { zipOf } from './zip.ts'

type Files = Record<string, string>

/** The zip. It is read from one state of the database. */
export async function exportBundle(
  context: Context,
  database: Database,
  key: RunKey,
): Promise<Uint8Array | Refusal> {
  const seen = await seenRun(context, database, key)
  if (isRefusal(seen)) return seen
  const files = await database.transaction((tx) => filesOfExport(tx, context, key), { snapshot: true })
  return isRefusal(files) ? files : await zipOf(files)
}

async function filesOfExport(tx: Tx, context: Context, key: RunKey): Promise<Files | Refusal> {
  const loaded = await loadRun(tx, key)
  if (isRefusal(loaded)) return loaded
  const facts = await loadFacts(tx, loaded.feature, loaded.run, { now: context.now, members: false })
  const present = presentBundle(loaded, facts)
  const chain = chainOf({ project: key.project })
  const head = await selectHead(tx, chain)
  if (head === undefined) throw new Error(`there is no audit chain ${chain}`)
  const files: Files = {
    'README.md': instructions(chain),
    [bundleFile(present.hash)]: canonical(present.content),
    ...(await approvedBundles(tx, loaded)),
    ...(await documentFiles(tx, context, key)),
    ...(await evidenceFiles(tx, loaded)),
    [APPROVALS]: jsonFile({ items: approvalsOf(loaded) }),
    [PUBLICATIONS]: jsonFile({ items: await publicationsOf(tx, loaded) }),
    'run.json': jsonFile(loaded.run),
    [CHAIN]: await chainLines(tx, chain),
  }
  const manifest = {
    format: 'flagmarshal.dev/bundle/v1',
    project: key.project,
    feature: loaded.feature.key,
    run: loaded.run.id,
    procedure: await procedureOf(tx, loaded),
    bundle: present.hash,
    audit: { chain, head },
    files: Object.fromEntries(
      await inTurns(Object.entries(files), ([file, text]) => [file, sha256(text)] as const),
    ),
  }
  return { [MANIFEST]: `${canonical(manifest)}\n`, ...files }
}

/** The definition that the run follows (P-M1), with the addresses of the procedures that it names. */
async function procedureOf(tx: Tx, { setting }: Loaded): Promise<Json> {
  const { id, version, name, status, owner, source, related } = setting.definition
  const found = await relatedOf(tx, related)
  return { id, version, name, status, owner, source: { ...source }, related: found.map((it) => ({ ...it })) }
}

/** Every bundle that an approval which stands was given for. */
async function approvedBundles(tx: Tx, { run }: Loaded): Promise<Files> {
  const files: Files = {}
  for (const hash of new Set(run.approvals.map((it) => it.bundleHash))) {
    const stored = await selectBundle(tx, run.id, hash)
    if (stored !== undefined) files[bundleFile(hash)] = canonical(stored.content)
  }
  return files
}

/** The bodies that the bundle lists, or those that would be published where nothing is yet. */
async function documentFiles(tx: Tx, context: Context, key: RunKey): Promise<Files> {
  const prepared = await preparePublication(tx, key, { now: context.now, keep: false })
  if (isRefusal(prepared)) return {}
  const published = await loadWholePublished(tx, key.run)
  const bodies =
    published?.bodies ??
    Object.fromEntries(
      prepared.contents.documents.map(({ name, markdown, tree }) => [name, { markdown, tree }]),
    )
  return Object.fromEntries([
    ...Object.entries(bodies).flatMap(([name, { markdown, tree }]) => [
      [documentFile(name), markdown],
      [`documents/${name}.json`, jsonFile(tree)],
    ]),
    ...prepared.contents.records.map((it) => [`records/${it.name}.md`, renderDocument(it)]),
  ])
}

/** Each piece under its hash, as the text that was hashed. */
async function evidenceFiles(tx: Tx, { run }: Loaded): Promise<Files> {
  const rows = await selectEvidenceOfRun(tx, run.id)
  return Object.fromEntries(
    rows.map(({ hash, run: of, step, kind, by, at, content }) => [
      evidenceFile(hash),
      canonical({ run: of, step, kind, by, at: at.toISOString(), content }),
    ]),
  )
}

function approvalsOf({ run }: Loaded): Json {
  return run.approvals.map(({ role, by, at, bundleHash, comment, voided }) => ({
    role,
    by,
    at: at.toISOString(),
    bundleHash,
    comment: comment ?? null,
    voided: voided === undefined ? null : { at: voided.at.toISOString(), because: voided.because },
  }))
}

async function publicationsOf(tx: Tx, { run }: Loaded): Promise<readonly object[]> {
  const rows = await selectPublications(tx, run.id)
  return rows.filter((it) => it.state === 'published').map(publicationView)
}

async function chainLines(tx: Tx, chain: string): Promise<string> {
  let text = ''
  for await (const batch of batchesOf(tx, chain)) {
    text += batch.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  }
  return text
}

function jsonFile(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
