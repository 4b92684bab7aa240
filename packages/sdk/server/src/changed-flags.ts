/**
 * Which flags may answer differently after a change: what listeners are told.
 */
import { diffSnapshots } from '@flagmarshal/evaluation'
import type { Segment, Snapshot } from '@flagmarshal/evaluation'

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
  for (const { key, rules } of after.flags) if (names(rules, segments)) changed.add(key)
  return [...changed].toSorted()
}

/** Adds the segments whose conditions name one of these, however indirectly. */
function addDependents(changed: Set<string>, segments: readonly Segment[]): void {
  for (let size = 0; size !== changed.size;) {
    size = changed.size
    for (const { key, when } of segments) if (names(when, changed)) changed.add(key)
  }
}

/**
 * Whether a `{segment}` condition for one of these stands anywhere in the value. It looks at what is
 * there and not at what the type says, because a malformed flag must not hold up the others.
 */
function names(value: unknown, segments: ReadonlySet<string>): boolean {
  if (segments.size === 0 || typeof value !== 'object' || value === null) return false
  if ('segment' in value && typeof value.segment === 'string' && segments.has(value.segment)) return true
  return Object.values(value).some((member) => names(member, segments))
}
