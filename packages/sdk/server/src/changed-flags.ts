/**
 * Which flags may answer differently after a change: what listeners are told.
 */
import { diffSnapshots } from '@flagmarshal/evaluation'
import type { Condition, Flag, Segment, Snapshot } from '@flagmarshal/evaluation'

/** Keys of the flags that differ between two snapshots or use a segment that does, sorted. */
export function changedFlags(before: Snapshot | undefined, after: Snapshot): readonly string[] {
  if (before === undefined) return after.flags.map((flag) => flag.key).toSorted()
  const difference = diffSnapshots(before, after)
  const changed = new Set([...difference.flags.map((flag) => flag.key), ...difference.removedFlags])
  const segments = new Set([
    ...difference.segments.map((segment) => segment.key),
    ...difference.removedSegments,
  ])
  addDependents(segments, after.segments)
  for (const flag of after.flags) if (usesAny(conditionsOf(flag), segments)) changed.add(flag.key)
  return [...changed].toSorted()
}

/** Adds the segments whose conditions name one of these, however indirectly. */
function addDependents(changed: Set<string>, segments: readonly Segment[]): void {
  for (let size = 0; size !== changed.size;) {
    size = changed.size
    for (const { key, when } of segments) {
      if (when !== undefined && usesAny([when], changed)) changed.add(key)
    }
  }
}

function conditionsOf(flag: Flag): readonly Condition[] {
  return flag.rules.flatMap(({ when, serve }) => [
    when,
    ...('exposure' in serve ? serve.exposure.audiences.map((audience) => audience.when) : []),
  ])
}

function usesAny(conditions: readonly Condition[], segments: ReadonlySet<string>): boolean {
  if (segments.size === 0) return false
  return conditions.some((condition) => {
    if ('segment' in condition) return segments.has(condition.segment)
    if ('all' in condition) return usesAny(condition.all, segments)
    if ('any' in condition) return usesAny(condition.any, segments)
    return 'not' in condition && usesAny([condition.not], segments)
  })
}
