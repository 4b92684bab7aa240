/**
 * Carrying a publication out: read, store in the repository, then write down what was stored. The
 * repository is called outside of any transaction; doing it twice makes no second commit.
 */
import { isRefusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import { system } from '../context.ts'
import type { Context } from '../context.ts'
import type { DocumentStore } from '../integrations/interfaces.ts'
import { presentRun } from '../procedure/change-run.ts'
import { toJson } from '../storage/column.ts'
import type { Database } from '../storage/database.ts'
import { endPublication, postponePublication } from '../storage/publications.ts'
import type { PublicationRow } from '../storage/publications.ts'
import { editsOf, filesOf } from './files.ts'
import { preparePublication } from './prepare.ts'
import type { Prepared } from './prepare.ts'

/** A job that could not reach the repository so often is given up: a good quarter of an hour. */
const MOST_ATTEMPTS = 20
const LONGEST_PAUSE_SECONDS = 60

/** What came of it. */
export type Carried = 'published' | 'postponed' | 'failed'

/** Carries one out; `context` is the server's own. */
export async function publish(
  context: Context,
  database: Database,
  store: DocumentStore,
  job: PublicationRow,
): Promise<Carried> {
  const key = { project: job.project, run: job.run }
  const prepared = await preparePublication(database.kysely, key, {
    now: context.now,
    keep: job.kind === 'records',
  })
  if (isRefusal(prepared)) return await fail(context, database, job, prepared.message)
  if (job.kind === 'documents' && prepared.findings.length > 0)
    return await fail(context, database, job, `The documents lack something: ${prepared.findings[0]}.`)
  const stored = await store.store({
    id: job.id,
    project: job.project,
    ...(prepared.settings.remote === null ? {} : { remote: prepared.settings.remote }),
    branch: prepared.settings.branch,
    message: messageOf(prepared, job),
    at: job.requested_at,
    folder: prepared.folder,
    files: filesOf(prepared.folder, prepared.contents),
    edits: editsOf(prepared.runbooks, prepared.contents),
  })
  if (stored.kind === 'refused') return await fail(context, database, job, `Not published: ${stored.why}.`)
  if (stored.kind === 'failed') return await putOff(context, database, job, stored.why)
  return await finish(context, database, job, { prepared, commit: stored.commit })
}

/** The commit's message; its trailers tie it to the bundle and anchor the audit chain. */
function messageOf({ contents, result, auditHead, loaded }: Prepared, job: PublicationRow): string {
  const what = job.kind === 'records' ? 'records' : 'documents'
  return [
    `docs: ${what} of ${contents.feature}, revision ${result.revision}`,
    '',
    `${contents.provenance.feature}, run ${loaded.run.id}. Asked for by ${job.requested_by}.`,
    '',
    `Feature: ${contents.feature}`,
    `Flagmarshal-Plan-Hash: ${result.bundleHash}`,
    `Flagmarshal-Audit-Head: ${auditHead.count}:${auditHead.hash}`,
    '',
  ].join('\n')
}

async function finish(
  context: Context,
  database: Database,
  job: PublicationRow,
  { prepared, commit }: { readonly prepared: Prepared; readonly commit: string },
): Promise<Carried> {
  const result = { ...prepared.result, commit }
  await database.transaction(async (tx) => {
    const ended = await endPublication(tx, job.id, {
      state: 'published',
      progress: `Published as ${commit.slice(0, 12)} on ${result.branch}.`,
      result: toJson(result),
    })
    if (!ended) return
    const present = await presentRun(tx, context, { project: job.project, run: job.run })
    if (isRefusal(present)) throw new Error(`a run that was published is gone: ${present.message}`)
    const { remote, branch, path, revision, bundleHash, documents } = result
    await record(
      tx,
      { ...context, actor: { ...system('publisher'), name: job.requested_by } },
      {
        chain: { project: job.project },
        action: 'documents.publish',
        subject: { kind: 'run', id: job.run },
        after: { kind: job.kind, remote, branch, path, commit, revision, bundleHash, documents },
        run: job.run,
      },
    )
  })
  return 'published'
}

async function putOff(
  context: Context,
  database: Database,
  job: PublicationRow,
  why: string,
): Promise<Carried> {
  if (job.attempts >= MOST_ATTEMPTS) return await fail(context, database, job, `Given up: ${why}.`)
  const seconds = Math.min(LONGEST_PAUSE_SECONDS, 2 ** (job.attempts - 1))
  const progress = `Attempt ${job.attempts} failed: ${why}. The next one is in ${seconds} s.`
  await postponePublication(database.kysely, job.id, { progress, seconds })
  context.log.warn({ publication: job.id, why }, 'a publication was put off')
  return 'postponed'
}

async function fail(
  context: Context,
  database: Database,
  job: PublicationRow,
  progress: string,
): Promise<Carried> {
  await database.transaction((tx) => endPublication(tx, job.id, { state: 'failed', progress, result: null }))
  context.log.warn({ publication: job.id, why: progress }, 'a publication failed')
  return 'failed'
}
