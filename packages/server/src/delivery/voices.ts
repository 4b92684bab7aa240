/**
 * What a stream is told: SDKs hear what has changed, OFREP clients only that something has.
 */
import type { Patch } from '@flagmarshal/evaluation'

import { missedPatch } from './environment-state.ts'
import type { EnvironmentState } from './environment-state.ts'

/** One server-sent event. */
export interface Told {
  readonly event: string
  readonly data: string
  readonly id?: string
}

/** How one kind of client is spoken to. */
export interface Voice {
  /** The first event of a stream; `has` is the revision the client has. undefined: nothing need be said. */
  greet(state: EnvironmentState, has: number | undefined): Told | undefined
  /** A new revision; without a patch everything must be read again. */
  change(state: EnvironmentState, patch: Patch | undefined): Told
}

/** For SDKs that evaluate by themselves. */
export const snapshotVoice: Voice = {
  greet(state, has) {
    const { revision } = state.snapshot
    // A client that has everything must hear something, or it would take the stream for a dead one.
    if (has === revision)
      return { event: 'current', id: String(revision), data: JSON.stringify({ revision }) }
    const missed = has === undefined ? undefined : missedPatch(state, has)
    return missed === undefined ? snapshotEvent(state) : patchEvent(missed)
  },
  change: (state, patch) => (patch === undefined ? snapshotEvent(state) : patchEvent(patch)),
}

/**
 * For OFREP clients (event-streams.yaml, ADR-0008). They evaluate first and connect then, and do not
 * evaluate again when they reconnect: what changed in between is only known to who says which revision
 * it has, so everybody else is asked to look once more, which costs a 304 when nothing did.
 */
export const ofrepVoice: Voice = {
  greet: (state, has) => (has === state.snapshot.revision ? undefined : refetchEvent(state)),
  change: refetchEvent,
}

/** Asks an OFREP client to evaluate again, though nothing has changed. */
export function refetchEvent({ snapshot: { revision, generatedAt } }: EnvironmentState): Told {
  const data = { type: 'refetchEvaluation', etag: configurationTag(revision), lastModified: generatedAt }
  return { event: 'message', id: String(revision), data: JSON.stringify(data) }
}

/** What an OFREP client quotes as `flagConfigEtag` when it evaluates again. */
export function configurationTag(revision: number): string {
  return `"${revision}"`
}

/** The revision of such a tag; undefined for a foreign one. */
export function revisionOfTag(tag: string | undefined): number | undefined {
  const digits = /^"?(\d{1,15})"?$/.exec(tag ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** One event a state: a thousand streams that begin at the same time are told the same. */
const snapshots = new WeakMap<EnvironmentState, Told>()

function snapshotEvent(state: EnvironmentState): Told {
  const known = snapshots.get(state)
  if (known !== undefined) return known
  const told = { event: 'snapshot', id: String(state.snapshot.revision), data: state.text() }
  snapshots.set(state, told)
  return told
}

function patchEvent(patch: Patch): Told {
  return { event: 'patch', id: String(patch.revision), data: JSON.stringify(patch) }
}
