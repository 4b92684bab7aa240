/**
 * Queries on the windows that were folded: kept as they were read, so that a report can show what
 * the engine saw.
 */
import type { Measurement } from '@flagmarshal/domain/analysis/model'
import type { NewKeys } from '@flagmarshal/domain/analysis/split'
import type { EvidencePoint } from '@flagmarshal/domain/rollout/evidence-line'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'

/** One folded window of an attempt. */
export interface MeasuredWindow {
  readonly end: Date
  readonly measurements: readonly Measurement[]
  /** Distinct bucketing keys that appeared first in this window; not kept with it. */
  readonly keys?: readonly NewKeys[]
  /** Requests of the exposed arm, all audiences. */
  readonly exposed: number
  /** All requests that evaluated the flag. */
  readonly requests: number
}

/** A window that was folded, and where the evidence of each criterion stood after it. */
export interface FoldedWindow extends MeasuredWindow {
  readonly evidence: readonly EvidencePoint[]
}

/** Rows written by one statement: each has six parameters of PostgreSQL's 65,535. */
const ROWS = 1_000

/** Stores folded windows. One that was folded before is an error: the transaction that folds again must not commit. */
export async function insertMeasurements(
  tx: Tx,
  rollout: string,
  windows: readonly FoldedWindow[],
): Promise<void> {
  for (let from = 0; from < windows.length; from += ROWS) {
    await tx
      .insertInto('measurements')
      .values(
        windows.slice(from, from + ROWS).map((window) => ({
          rollout,
          window_end: window.end,
          measured: toJson(window.measurements),
          evidence: toJson(window.evidence),
          exposed: window.exposed,
          requests: window.requests,
        })),
      )
      .execute()
  }
}

/** The latest folded windows that ended up to a time, oldest first. */
export async function selectLatestMeasurements(
  queries: Queries,
  rollout: string,
  page: { readonly until?: Date; readonly limit: number },
): Promise<readonly FoldedWindow[]> {
  const rows = await queries
    .selectFrom('measurements')
    .selectAll()
    .where('rollout', '=', rollout)
    .$if(page.until !== undefined, (query) => query.where('window_end', '<=', page.until ?? new Date(0)))
    .orderBy('window_end', 'desc')
    .limit(page.limit)
    .execute()
  return rows
    .map(({ window_end: end, measured: measurements, evidence, exposed, requests }) => ({
      end,
      measurements,
      evidence,
      exposed,
      requests,
    }))
    .toReversed()
}

/** Folded windows that ended after a time, oldest first. */
export async function selectMeasurementsAfter(
  queries: Queries,
  rollout: string,
  page: { readonly after: Date; readonly limit: number },
): Promise<readonly Pick<FoldedWindow, 'end' | 'measurements' | 'evidence'>[]> {
  return await queries
    .selectFrom('measurements')
    .select(['window_end as end', 'measured as measurements', 'evidence'])
    .where('rollout', '=', rollout)
    .where('window_end', '>', page.after)
    .orderBy('window_end')
    .limit(page.limit)
    .execute()
}
