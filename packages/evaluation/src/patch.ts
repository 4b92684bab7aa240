/**
 * Patches: the difference between two revisions of a snapshot, and a snapshot brought up to date.
 *
 * The server makes patches, an SDK applies them; both use these functions, and a property test
 * holds them against each other.
 */
import { SNAPSHOT_SCHEMA } from './snapshot.ts'
import type { Patch, Snapshot } from './snapshot.ts'

/** The snapshot after the patch; `undefined` if the patch starts from another revision, and a whole snapshot is needed. The order of flags and segments means nothing. */
export function applyPatch(snapshot: Snapshot, patch: Patch): Snapshot | undefined {
  if (patch.from !== snapshot.revision) return undefined
  return {
    ...snapshot,
    revision: patch.revision,
    generatedAt: patch.generatedAt,
    flags: replaced(snapshot.flags, patch.flags, patch.removedFlags),
    segments: replaced(snapshot.segments, patch.segments, patch.removedSegments),
    telemetry: patch.telemetry,
  }
}

/** The patch that leads from one snapshot of an environment to a later one. */
export function diffSnapshots(before: Snapshot, after: Snapshot): Patch {
  return {
    schema: SNAPSHOT_SCHEMA,
    from: before.revision,
    revision: after.revision,
    generatedAt: after.generatedAt,
    flags: changed(before.flags, after.flags),
    removedFlags: removed(before.flags, after.flags),
    segments: changed(before.segments, after.segments),
    removedSegments: removed(before.segments, after.segments),
    telemetry: after.telemetry,
  }
}

interface Keyed {
  readonly key: string
}

function replaced<Thing extends Keyed>(
  things: readonly Thing[],
  changes: readonly Thing[],
  removals: readonly string[],
): Thing[] {
  const byKey = new Map(things.map((thing) => [thing.key, thing]))
  for (const key of removals) byKey.delete(key)
  for (const thing of changes) byKey.set(thing.key, thing)
  return [...byKey.values()]
}

function changed<Thing extends Keyed>(before: readonly Thing[], after: readonly Thing[]): Thing[] {
  const old = new Map(before.map((thing) => [thing.key, thing]))
  return after.filter((thing) => !sameJson(old.get(thing.key), thing))
}

function removed(before: readonly Keyed[], after: readonly Keyed[]): string[] {
  const left = new Set(after.map((thing) => thing.key))
  return before.map((thing) => thing.key).filter((key) => !left.has(key))
}

/** Are two JSON values equal? The order of an object's members means nothing; a member that is `undefined` is none. */
function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const name of names) if (!sameJson(member(a, name), member(b, name))) return false
  return true
}

function member(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
