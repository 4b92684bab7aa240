/** Reading one piece of evidence. */
import type { EvidenceSummary, EvidenceView } from '@flagmarshal/api/procedure-run'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectEvidence, selectEvidenceHeads } from '../storage/evidence.ts'
import { selectRun } from '../storage/procedures.ts'

const content = z.record(z.string(), z.json())

/** All of a run, newest first. */
export async function listEvidence(
  { kysely }: Database,
  project: string,
  run: string,
): Promise<EvidenceSummary[] | Refusal> {
  if ((await selectRun(kysely, project, run)) === undefined) return notFound('run', run)
  const rows = await selectEvidenceHeads(kysely, run)
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }))
}

/** Evidence by its hash. */
export async function showEvidence(
  { kysely }: Database,
  project: string,
  hash: string,
): Promise<EvidenceView | Refusal> {
  const row = await selectEvidence(kysely, project, hash)
  if (row === undefined) return notFound('evidence', hash)
  return {
    hash: row.hash,
    kind: row.kind,
    run: row.run,
    step: row.step,
    at: row.at.toISOString(),
    by: row.by,
    content: content.parse(row.content),
  }
}
