/** A publication as the API shows it. */
import type { Publication } from '@flagmarshal/api/document'

import { parsePublished } from '../procedure/published.ts'
import type { PublicationRow } from '../storage/publications.ts'

/** Row → what the API shows. */
export function publicationView(row: PublicationRow): Publication {
  const done = row.result === null ? undefined : parsePublished(row.result)
  return {
    id: row.id,
    run: row.run,
    kind: row.kind,
    state: row.state,
    progress: row.progress,
    attempts: row.attempts,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    remote: done?.remote ?? null,
    branch: done?.branch ?? null,
    path: done?.path ?? null,
    commit: done?.commit ?? null,
    revision: done?.revision ?? null,
    bundleHash: done?.bundleHash ?? null,
    runbooks: done?.runbooks ?? [],
    auditHead: done?.auditHead ?? null,
  }
}
