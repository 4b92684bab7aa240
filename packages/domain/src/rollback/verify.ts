/**
 * Whether a change has reached everybody it must reach: the kill of a flag, or a rollback.
 *
 * Who counts is fixed at the moment of the change. What they have confirmed is derived from their
 * acknowledgements each time somebody asks, so there is no state that could disagree with them. An
 * instance that fell silent is named as lost; it is never counted as confirmed.
 */

/** An instance that counts, as far as it is known now. */
export interface Watched {
  readonly instanceId: string
  readonly application: string
  readonly mode: 'stream' | 'poll'
  /** The interval that a polling instance keeps to, in milliseconds. */
  readonly pollIntervalMs: number
  /** When it last said anything at all. */
  readonly lastSeenAt: Date
  /** When it acknowledged a revision that contains the change; absent until then. */
  readonly confirmedAt?: Date | undefined
  /** The name of the edge that serves it, if one does. */
  readonly edge?: string | undefined
  /** When that edge was last heard of, once it is lost. */
  readonly unreachableSince?: Date | undefined
}

export interface WatchedState {
  readonly instanceId: string
  readonly application: string
  readonly state: 'confirmed' | 'pending' | 'lost'
  /** From the change to the acknowledgement. */
  readonly confirmedAfterMs?: number
  readonly lastSeenAt: Date
  readonly edge?: string
  readonly unreachableSince?: Date
}

export type VerificationState = 'accepted' | 'confirming' | 'verified' | 'verified_except' | 'timed_out'

/** Who has confirmed, who has not, and what that amounts to. */
export interface Verification {
  readonly state: VerificationState
  readonly instances: readonly WatchedState[]
  readonly total: number
  readonly confirmed: number
  readonly pending: number
  readonly lost: number
}

/** An instance as it is written down and shown: instants are RFC 3339. */
export type ShownState = Omit<WatchedState, 'lastSeenAt' | 'unreachableSince'> & {
  readonly lastSeenAt: string
  readonly unreachableSince?: string
}

/** The same with its instants as text. */
export function shownState({ lastSeenAt, unreachableSince, ...state }: WatchedState): ShownState {
  const since = unreachableSince === undefined ? {} : { unreachableSince: unreachableSince.toISOString() }
  return { ...state, lastSeenAt: lastSeenAt.toISOString(), ...since }
}

/** A streaming instance that has said nothing for this long is lost; a polling one after two of its intervals. */
export const LOST_AFTER_MS = 60_000

/** An instance that is alive and has not confirmed after this long makes the verification time out. */
export const TIMED_OUT_AFTER_MS = 120_000

/** The state of a verification at `now`. Nobody to wait for is verified at once. */
export function verification(at: Date, watched: readonly Watched[], now: Date): Verification {
  const instances = watched.map((it) => stateOf(it, at, now))
  const count = (state: WatchedState['state']): number => instances.filter((it) => it.state === state).length
  const counts = { confirmed: count('confirmed'), pending: count('pending'), lost: count('lost') }
  return {
    state: overall(counts, now.getTime() - at.getTime() >= patienceMs(watched)),
    instances,
    total: instances.length,
    ...counts,
  }
}

/** Whether a state is final unless somebody who was silent speaks again. */
export function isSettled(state: VerificationState): state is 'verified' | 'verified_except' | 'timed_out' {
  return state === 'verified' || state === 'verified_except' || state === 'timed_out'
}

function stateOf(it: Watched, at: Date, now: Date): WatchedState {
  const { instanceId, application, lastSeenAt } = it
  const behind = it.edge === undefined ? {} : { edge: it.edge }
  if (it.confirmedAt !== undefined) {
    const confirmedAfterMs = Math.max(0, it.confirmedAt.getTime() - at.getTime())
    return { instanceId, application, lastSeenAt, state: 'confirmed', confirmedAfterMs, ...behind }
  }
  const silentMs = now.getTime() - lastSeenAt.getTime()
  const lostAfterMs = it.mode === 'poll' ? 2 * it.pollIntervalMs : LOST_AFTER_MS
  const state = silentMs >= lostAfterMs ? 'lost' : 'pending'
  const since = it.unreachableSince === undefined ? {} : { unreachableSince: it.unreachableSince }
  return { instanceId, application, lastSeenAt, state, ...behind, ...since }
}

function overall(
  { confirmed, pending, lost }: { confirmed: number; pending: number; lost: number },
  late: boolean,
): VerificationState {
  if (pending > 0) {
    if (late) return 'timed_out'
    return confirmed > 0 ? 'confirming' : 'accepted'
  }
  return lost > 0 ? 'verified_except' : 'verified'
}

/** Polling instances are given three of their intervals. */
function patienceMs(watched: readonly Watched[]): number {
  const polls = watched.filter((it) => it.mode === 'poll').map((it) => 3 * it.pollIntervalMs)
  return Math.max(TIMED_OUT_AFTER_MS, ...polls)
}
