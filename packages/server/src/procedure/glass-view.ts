/** Gates that were passed in an emergency: for the domain, and as the API shows them. */
import type { BrokenGlass as GlassView } from '@flagmarshal/api/broken-glass'
import type { BrokenGlass } from '@flagmarshal/domain/procedure/broken-glass'

import { selectGlass } from '../storage/broken-glass.ts'
import type { GlassRow } from '../storage/broken-glass.ts'
import type { Queries } from '../storage/database.ts'

/** All of a feature, newest first. */
export async function brokenGlassOf(
  queries: Queries,
  project: string,
  feature: string,
): Promise<readonly BrokenGlass[]> {
  return (await selectGlass(queries, project, feature)).map(glassOfRow)
}

/** As the API shows it. */
export function glassView({ at, until, review, ...it }: BrokenGlass): GlassView {
  return {
    ...it,
    at: at.toISOString(),
    until: until.toISOString(),
    review: review === undefined ? null : { ...review, at: review.at.toISOString() },
  }
}

/** A row, for the domain. */
export function glassOfRow({ id, gate, reason, by, at, until, review }: GlassRow): BrokenGlass {
  const base = { id, gate, reason, by, at, until }
  return review === null ? base : { ...base, review: { ...review, at: new Date(review.at) } }
}
