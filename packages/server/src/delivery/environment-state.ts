/**
 * What one environment serves, in memory: everything that an SDK or an evaluation needs, so that
 * serving goes on while the database is away. Texts and bytes are made once per revision.
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import { applyPatch, compile, SNAPSHOT_SCHEMA } from '@flagmarshal/evaluation'
import type { Compiled, Patch, Snapshot, TelemetrySettings } from '@flagmarshal/evaluation'

import { engines } from '../json-logic.ts'
import type { Changes, EnvironmentKey } from '../storage/snapshots.ts'
import { answersOf } from './answers.ts'
import type { Answers } from './answers.ts'
import { unleashState } from './unleash.ts'
import type { UnleashState } from './unleash.ts'

/** Patches kept for streams that come back. */
const KEPT_PATCHES = 200

const compress = promisify(gzip)

/** One revision of an environment. */
export interface EnvironmentState {
  readonly snapshot: Snapshot
  /** The snapshot as JSON. */
  readonly text: () => string
  readonly bytes: () => Buffer
  readonly gzipped: () => Promise<Buffer>
  /** The same where it has been made already. */
  readonly gzippedNow: () => Buffer | undefined
  readonly compiled: () => Compiled
  /** What OFREP clients are answered. */
  readonly answers: () => Answers
  /** What SDKs of Unleash are served. */
  readonly unleash: () => UnleashState
  /** The latest patches, oldest first. */
  readonly patches: readonly Patch[]
}

/** The state that was loaded whole. */
export function wholeState(
  key: EnvironmentKey,
  changes: Changes,
  telemetry: TelemetrySettings,
): EnvironmentState {
  return stateOf(
    {
      schema: SNAPSHOT_SCHEMA,
      project: key.project,
      environment: key.environment,
      revision: changes.revision,
      generatedAt: changes.at.toISOString(),
      flags: changes.flags,
      segments: changes.segments,
      telemetry,
    },
    [],
  )
}

/** The state that a server sent whole, for those that have no database. */
export function snapshotState(snapshot: Snapshot): EnvironmentState {
  return stateOf(snapshot, [])
}

/** The state after a patch that a server sent; undefined if it starts from another revision. */
export function patchedState(state: EnvironmentState, patch: Patch): EnvironmentState | undefined {
  const snapshot = applyPatch(state.snapshot, patch)
  if (snapshot === undefined) return undefined
  // `missedPatch` does not add removals up: whoever comes back after one starts from the snapshot.
  const removes = patch.removedFlags.length + patch.removedSegments.length > 0
  return stateOf(snapshot, removes ? [] : [...state.patches, patch].slice(-KEPT_PATCHES))
}

/** The state after changes, and the patch that leads to it. */
export function changedState(
  state: EnvironmentState,
  changes: Changes,
  telemetry: TelemetrySettings,
): { readonly state: EnvironmentState; readonly patch: Patch } {
  const before = state.snapshot
  const patch: Patch = {
    schema: SNAPSHOT_SCHEMA,
    from: before.revision,
    revision: changes.revision,
    generatedAt: changes.at.toISOString(),
    flags: changes.flags,
    removedFlags: [],
    segments: changes.segments,
    removedSegments: [],
    telemetry,
  }
  const snapshot: Snapshot = {
    ...before,
    revision: changes.revision,
    generatedAt: patch.generatedAt,
    flags: replaced(before.flags, changes.flags),
    segments: replaced(before.segments, changes.segments),
    telemetry,
  }
  return { state: stateOf(snapshot, [...state.patches, patch].slice(-KEPT_PATCHES)), patch }
}

/**
 * One patch from an older revision to this one; undefined if it is too old, or newer than this
 * state. Patches hold whole flags and segments, so one that began earlier may be merged in.
 */
export function missedPatch(state: EnvironmentState, revision: number): Patch | undefined {
  const missed = state.patches.filter((patch) => patch.revision > revision)
  const [first] = missed
  const last = missed.at(-1)
  if (first === undefined || last === undefined || first.from > revision) return undefined
  return {
    ...last,
    from: revision,
    flags: missed.reduce((all, { flags }) => replaced(all, flags), first.flags),
    segments: missed.reduce((all, { segments }) => replaced(all, segments), first.segments),
  }
}

function stateOf(snapshot: Snapshot, patches: readonly Patch[]): EnvironmentState {
  const text = once(() => JSON.stringify(snapshot))
  const bytes = once(() => Buffer.from(text()))
  const compiled = once(() => compile(snapshot, engines))
  let compressed: Buffer | undefined
  return {
    snapshot,
    patches,
    text,
    bytes,
    gzipped: once(async () => (compressed = await compress(bytes()))),
    gzippedNow: () => compressed,
    compiled,
    answers: once(() => answersOf(snapshot.flags, compiled())),
    unleash: once(() => unleashState(snapshot)),
  }
}

function replaced<T extends { readonly key: string }>(
  things: readonly T[],
  changes: readonly T[],
): readonly T[] {
  if (changes.length === 0) return things
  const byKey = new Map(things.map((thing) => [thing.key, thing]))
  for (const thing of changes) byKey.set(thing.key, thing)
  return [...byKey.values()]
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
