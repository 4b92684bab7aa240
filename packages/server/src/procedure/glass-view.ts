/** Gates that were passed in an emergency: for the domain, and as the API shows them. */
import type { BrokenGlass as GlassView } from '@flagmarshal/api/broken-glass'
import type { Blocker, NextAction } from '@flagmarshal/api/procedure-step'
import { reviewersOf, unreviewed, whyGlassOpen } from '@flagmarshal/domain/procedure/broken-glass'
import type { BrokenGlass } from '@flagmarshal/domain/procedure/broken-glass'
import type { Run, Setting } from '@flagmarshal/domain/procedure/run'

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

/** What keeps an approved run from being completed while a review is open. */
export function glassBlockers(setting: Setting, { state }: Run, broken: readonly BrokenGlass[]): Blocker[] {
  const why = state.kind === 'approved' ? whyGlassOpen(broken) : undefined
  if (why === undefined) return []
  const { code, message, remedy } = why
  const who = [...new Set(unreviewed(broken).flatMap((it) => reviewersOf(setting, it)))]
  return [{ code, message, remedy, who, role: null, step: null }]
}

/** The reviews that are open, with their request and command. */
export function glassReviews(
  setting: Setting,
  address: { readonly project: string; readonly feature: string },
  broken: readonly BrokenGlass[],
): NextAction[] {
  const { project, feature } = address
  return unreviewed(broken).map((glass) => ({
    title: `Review that ${glass.by} went past the gate ${glass.gate}`,
    who: [...reviewersOf(setting, glass)],
    role: null,
    method: 'POST',
    path: `/api/v1/projects/${project}/features/${feature}/broken-glass/${glass.id}/review`,
    command: `flagmarshal gate review ${feature} ${glass.id} --note "…"`,
  }))
}

/** A row, for the domain. */
export function glassOfRow({ id, gate, reason, by, at, until, review }: GlassRow): BrokenGlass {
  const base = { id, gate, reason, by, at, until }
  return review === null ? base : { ...base, review: { ...review, at: new Date(review.at) } }
}
