/**
 * The link of an edge to its server for one environment: what it serves, whom it may serve, how old
 * that is, and the relay back. What it has is served whatever becomes of the link.
 */
import { EdgeAsk, EdgeKeys } from '@flagmarshal/api/edge'
import type { Patch, VerificationRequest } from '@flagmarshal/evaluation'
import type { Failure, Reach } from '@flagmarshal/sdk-server/endpoint'
import { keepStream } from '@flagmarshal/sdk-server/stream'
import type { StreamTarget } from '@flagmarshal/sdk-server/stream'

import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import { patchedState, snapshotState } from '../delivery/environment-state.ts'
import type { EnvironmentState } from '../delivery/environment-state.ts'
import type { Kept, KeptFile } from './kept.ts'
import type { Relaying } from './relay.ts'

/** Before a key that was refused is tried again: somebody may mend what stands between. */
const REFUSED_MS = 60_000
/** What is kept says when it was last known to be current; no more often than this. */
const KEPT_MS = 60_000

/** `connecting`: nothing was heard of the server yet. `lost`: it cannot be reached. `refused`: it does not accept the key. */
export type Upstream = 'connecting' | 'connected' | 'lost' | 'refused'

/** How a link stands. */
export interface LinkHealth {
  readonly upstream: Upstream
  readonly since: Date
  readonly why?: string
  readonly project?: string
  readonly environment?: string
  readonly revision?: number
  /** Since the server last said that this is current; absent where nothing is served yet. */
  readonly ageMs?: number
}

/** Told what has changed. */
export interface LinkListener {
  /** A new revision; without a patch everything must be read again. */
  changed(state: EnvironmentState, patch: Patch | undefined): void
  /** Other keys may be served. */
  keysChanged(): void
  /** Instances are to verify a draft. */
  ask(state: EnvironmentState, instances: readonly string[], request: VerificationRequest): void
}

export interface LinkParts {
  readonly reach: Reach
  readonly kept: KeptFile
  readonly clock: Clock
  readonly log: Log
  readonly listener: LinkListener
}

export interface Link {
  /** What is served; undefined before the first snapshot. */
  state(): EnvironmentState | undefined
  /** Who may be served; undefined until the server has said so. */
  keys(): EdgeKeys['keys'] | undefined
  health(): LinkHealth
  /** When the server last said that this is current; undefined before. */
  checkedAt(): Date | undefined
  /** Starts to follow; `again` of the relay is called each time that the link is up again. */
  follow(relay: Pick<Relaying, 'again'>): void
  close(): Promise<void>
}

/** A link with what an earlier edge kept. Nothing is asked of the server until `follow`. */
export function createLink({ reach, kept, clock, log, listener }: LinkParts, known: Kept | undefined): Link {
  let state = known === undefined ? undefined : snapshotState(known.snapshot)
  let keys = known?.keys
  let checkedAt = known?.at
  let keptAt = known?.at.getTime() ?? 0
  let upstream: { is: Upstream; since: Date; why?: string } = { is: 'connecting', since: clock.now() }
  /** A patch did not fit: the next stream begins with everything. */
  let misfit = false
  let stream: { close(): void } | undefined
  let again: NodeJS.Timeout | undefined

  return {
    state: () => state,
    keys: () => keys,
    checkedAt: () => checkedAt,
    health() {
      const { is, ...rest } = upstream
      if (state === undefined) return { upstream: is, ...rest }
      const { project, environment, revision } = state.snapshot
      const ageMs = clock.now().getTime() - (checkedAt?.getTime() ?? 0)
      return { upstream: is, ...rest, project, environment, revision, ageMs }
    },
    follow,
    async close() {
      clearTimeout(again)
      stream?.close()
      await kept.close()
    },
  }

  function follow(relay: Pick<Relaying, 'again'>): void {
    stream = keepStream(reach, targetOf(relay))
  }

  function targetOf(relay: Pick<Relaying, 'again'>): StreamTarget {
    return {
      revision: () => (misfit ? undefined : state?.snapshot.revision),
      replace(snapshot) {
        misfit = false
        use(snapshotState(snapshot), undefined)
      },
      patch(patch) {
        if (state === undefined) return false
        if (patch.revision <= state.snapshot.revision) return true
        const next = patchedState(state, patch)
        if (next === undefined) misfit = true
        else use(next, patch)
        return next !== undefined
      },
      verify: () => undefined,
      other({ type, data }) {
        if (type === 'keys') useKeys(EdgeKeys.parse(JSON.parse(data)).keys)
        if (type === 'ask' && state !== undefined) {
          const { instances, request } = EdgeAsk.parse(JSON.parse(data))
          // What the server asks goes to SDKs unread; they check it themselves.
          listener.ask(state, instances, request as VerificationRequest)
        }
      },
      flowing() {
        checkedAt = clock.now()
        if (checkedAt.getTime() - keptAt >= KEPT_MS) keep()
        if (upstream.is === 'connected') return
        upstream = { is: 'connected', since: checkedAt }
        log.info({ ...placeOf() }, 'the server is there')
        relay.again()
      },
      broken: (failure) => lose(failure, relay),
    }
  }

  function use(next: EnvironmentState, patch: Patch | undefined): void {
    if (state?.snapshot.revision === next.snapshot.revision) return
    state = next
    checkedAt = clock.now()
    keep()
    listener.changed(next, patch)
  }

  function useKeys(next: EdgeKeys['keys']): void {
    keys = next
    keep()
    listener.keysChanged()
  }

  function keep(): void {
    if (state === undefined || keys === undefined || checkedAt === undefined) return
    keptAt = checkedAt.getTime()
    kept.write({ snapshot: state.snapshot, keys, at: checkedAt })
  }

  function lose(failure: Failure, relay: Pick<Relaying, 'again'>): void {
    const why = failure.kind === 'refused' ? `it answered ${failure.status} to the key` : failure.why
    const is = failure.kind === 'refused' ? 'refused' : 'lost'
    if (upstream.is !== is) {
      upstream = { is, since: clock.now(), why }
      const what = state === undefined ? 'there is nothing to serve yet' : 'serving what was last known'
      log[is === 'refused' ? 'error' : 'warn']({ ...placeOf(), why }, `the server is out of reach: ${what}`)
    }
    if (failure.kind !== 'refused') return
    again = setTimeout(() => follow(relay), REFUSED_MS * (1 + Math.random()))
    again.unref()
  }

  function placeOf(): object {
    if (state === undefined) return {}
    const { project, environment, revision } = state.snapshot
    return { project, environment, revision }
  }
}
