/**
 * Resources of a service as a criterion (P-S4-11): absolute, and of no arm.
 *
 * Both arms run in the same processes, so a resource says nothing of the feature by itself: it never
 * rolls back. Above its limit for some windows in a row it holds, below it for as many it lets go. One
 * window is not enough either way: a collection of garbage is no overload.
 */
import type { AudienceCounts, Breach, CriterionEvidence, ResourceSource, Watch } from './model.ts'

/** Windows in a row that make a breach, and that end it. */
export const LEVEL_WINDOWS = 3

/** A watch on a resource. */
export type LevelWatch = Watch & { readonly source: ResourceSource }

/** Whether a criterion is one. */
export function isLevel(criterion: { readonly source: { readonly kind: string } }): criterion is LevelWatch {
  return criterion.source.kind === 'resources'
}

/** Folds how many instances a window had, and how many of them were above the limit. */
export function foldLevel(
  { id, source: { limit } }: LevelWatch,
  evidence: CriterionEvidence,
  counted: readonly AudienceCounts[],
  windowEnd: Date,
): CriterionEvidence {
  const now = counted[0]?.exposed ?? { n: 0, x: 0 }
  const levels = [...(evidence.levels ?? []), now].slice(-LEVEL_WINDOWS)
  const { watched, ...rest } = { ...evidence, levels }
  const whole = levels.length === LEVEL_WINDOWS
  if (watched !== undefined) {
    return whole && levels.every(({ x }) => x === 0) ? rest : { ...rest, watched }
  }
  if (!whole || levels.some(({ x }) => x === 0)) return rest
  const breach: Breach = {
    criterion: id,
    audience: counted[0]?.audience ?? 'everybody',
    test: 'level',
    windowEnd: windowEnd.toISOString(),
    exposed: now,
    control: { n: 0, x: 0 },
    value: now.x,
    threshold: limit,
    phi: 1,
  }
  return { ...rest, watched: breach }
}
