/** Reading one piece of evidence. */
import type { EvidenceView } from '@flagmarshal/api/procedure-run'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectEvidence } from '../storage/evidence.ts'

const content = z.record(z.string(), z.json())

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
