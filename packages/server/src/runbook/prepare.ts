/**
 * Everything that a publication needs to know, read at one moment, before anything leaves the server.
 */
import type { Documentation } from '@flagmarshal/api/document'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { EMPTY_HEAD } from '@flagmarshal/domain/audit/entry'
import type { Head } from '@flagmarshal/domain/audit/entry'
import { bundleOf } from '@flagmarshal/domain/procedure/bundle'
import type { ProcedureDefinition } from '@flagmarshal/domain/procedure/model'
import { positionOf } from '@flagmarshal/domain/procedure/next'
import type { Run } from '@flagmarshal/domain/procedure/run'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { textAt } from '@flagmarshal/domain/runbook/facts'
import { insertDocument } from '@flagmarshal/domain/runbook/operations-documents'
import { approvalRecord, exitRecord } from '@flagmarshal/domain/runbook/record-documents'
import { ticketOf } from '@flagmarshal/domain/runbook/reference-documents'

import { chainOf } from '../audit/chain.ts'
import { sha256 } from '../id.ts'
import { loadCheckFacts } from '../procedure/document-facts.ts'
import { baselinesOf } from '../procedure/facts.ts'
import { loadRun } from '../procedure/load.ts'
import type { Loaded, RunKey } from '../procedure/load.ts'
import { observe } from '../procedure/observe.ts'
import { loadWholePublished, publishedFacts } from '../procedure/published.ts'
import type { WholePublished } from '../procedure/published.ts'
import { relatedOf } from '../procedure/related.ts'
import { selectHead } from '../storage/audit.ts'
import type { Queries } from '../storage/database.ts'
import { buildDocuments, hashesOf, storedFacts } from './build.ts'
import type { BuiltDocument } from './build.ts'
import type { Contents } from './files.ts'
import { findNow } from './found.ts'
import { documentationOf } from './settings.ts'

export interface Prepared {
  readonly loaded: Loaded
  readonly settings: Documentation
  /** Folder of the feature in the repository. */
  readonly folder: string
  readonly runbooks: readonly string[]
  readonly contents: Contents
  readonly auditHead: Head
  /** What will be stored, but for the commit. */
  readonly result: Omit<WholePublished, 'commit'>
  readonly findings: readonly string[]
  /** Where what is configured differs from what was published. */
  readonly drift: readonly string[]
}

/** Reads it. With `keep` the documents are those that were published last, whatever has changed since. */
export async function preparePublication(
  queries: Queries,
  key: RunKey,
  { now, keep }: { readonly now: Date; readonly keep: boolean },
): Promise<Prepared | Refusal> {
  const loaded = await loadRun(queries, key)
  if (isRefusal(loaded)) return loaded
  const { setting, feature } = loaded
  const facts = await loadCheckFacts(queries, loaded, now)
  if (facts.documents.now === undefined) throw new Error('the facts of the documents were not loaded')
  const published = await loadWholePublished(queries, loaded.run.id)
  const built = buildDocuments(facts.documents.now, published)
  const documents = keep && published !== undefined ? keptDocuments(published) : built.documents
  const settings = await documentationOf(queries, key.project)
  const folder = `${settings.path}/${feature.key}`
  const runbooks = settings.runbooks.length > 0 ? settings.runbooks : [`${settings.path}/runbook.md`]
  const hashes = hashesOf(documents)
  const candidate = {
    remote: settings.remote,
    branch: settings.branch,
    path: folder,
    runbooks,
    documents: hashes,
  }
  const after = {
    ...facts,
    documents: { published: publishedFacts({ ...candidate, ...NOT_YET }) },
  }
  const run = observe(setting, loaded.run, { facts: after, now })
  const bundleHash = sha256(canonical(bundleOf(setting, run, baselinesOf(after))))
  const revision =
    published === undefined ? 1 : published.revision + (published.bundleHash === bundleHash ? 0 : 1)
  const auditHead = (await selectHead(queries, chainOf({ project: key.project }))) ?? EMPTY_HEAD
  return {
    loaded,
    settings,
    folder,
    runbooks,
    auditHead,
    findings: built.findings,
    drift: built.drift,
    contents: {
      feature: feature.key,
      documents,
      insert: insertDocument(facts.documents.now),
      records: recordsOf(loaded, revision),
      provenance: {
        feature: `${feature.name} (${feature.key})`,
        ticket: ticketOf(facts.documents.now),
        bundleHash,
        revision,
        newestFact: newestFact(run).toISOString(),
        source: `${setting.definition.name}, version ${run.procedure.version}, run ${run.id}`,
        procedure: procedureLine(setting.definition),
        related: relatedLine(await relatedOf(queries, setting.definition.related)),
        found: await findNow(queries, key.project, facts),
      },
    },
    result: {
      ...candidate,
      revision,
      bundleHash,
      auditHead,
      facts: keep && published !== undefined ? published.facts : storedFacts(facts.documents.now),
      bodies: Object.fromEntries(documents.map(({ name, markdown, tree }) => [name, { markdown, tree }])),
    },
  }
}

function procedureLine({ name, version, status, owner, source }: ProcedureDefinition): string {
  return `${name}, version ${version}, ${status}, owned by ${owner}, from ${source.document} (SHA-256 ${source.sha256})`
}

function relatedLine(related: Awaited<ReturnType<typeof relatedOf>>): string {
  return related.map(({ name, address }) => `${name}: ${address ?? 'no address is set'}`).join('; ')
}

const NOT_YET = { commit: '', revision: 0, bundleHash: '', auditHead: EMPTY_HEAD }

function keptDocuments(published: WholePublished): readonly BuiltDocument[] {
  return Object.entries(published.bodies).map(([name, { markdown, tree }]) => ({
    name,
    markdown,
    tree,
    title: textAt(tree, 'title'),
    hash: sha256(markdown),
    findings: [],
  }))
}

function recordsOf({ setting, run }: Loaded, revision: number): Contents['records'] {
  const approved = run.approvals.length > 0 ? [approvalRecord(setting, run, revision)] : []
  const ended = run.abort !== undefined || run.state.kind === 'completed'
  const blockers = positionOf(setting, run).blockers.map((it) => it.message)
  return ended ? [...approved, exitRecord(setting, run, blockers)] : approved
}

/** When the newest of what the documents say was settled. */
function newestFact(run: Run): Date {
  const times = [
    run.startedAt,
    ...Object.values(run.inputs).map((it) => it.at),
    ...(run.workPlan.review === undefined ? [] : [run.workPlan.review.at]),
    ...run.steps.flatMap((it) => it.attempts.flatMap((one) => one.decisions.map((decision) => decision.at))),
    ...run.approvals.map((it) => it.at),
  ]
  return new Date(Math.max(...times.map((it) => it.getTime())))
}
