import type { Arm } from './evaluate.ts'
/**
 * The wire shapes that server and SDK share: the snapshot that an SDK downloads, the patches that
 * keep it current, and what an SDK sends back. Kept here because both sides already depend on the
 * engine and on nothing else in common.
 */
import type { EvaluationContext, Flag, FlagValue, Segment } from './model.ts'
import type { Reason } from './reason.ts'

/** The version of these shapes; an SDK refuses a snapshot of another one. */
export const SNAPSHOT_SCHEMA = 1

/** Everything that one environment serves, at one revision. */
export interface Snapshot {
  readonly schema: typeof SNAPSHOT_SCHEMA
  readonly project: string
  readonly environment: string
  /** Grows by one with each change of the environment; the ETag is `"<revision>"`. */
  readonly revision: number
  /** RFC 3339. */
  readonly generatedAt: string
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
  readonly telemetry: TelemetrySettings
}

/** What the server asks of its SDKs. */
export interface TelemetrySettings {
  /** A quarter of the shortest window of the environment's running rollouts; 15 s where none runs. */
  readonly flushIntervalMs: number
  /** How often an SDK that cannot stream asks for a new snapshot. */
  readonly pollIntervalMs: number
}

/** A stream event `patch`: from one revision to the next one, only what changed. */
export interface Patch {
  readonly schema: typeof SNAPSHOT_SCHEMA
  readonly from: number
  readonly revision: number
  readonly generatedAt: string
  readonly flags: readonly Flag[]
  readonly removedFlags: readonly string[]
  readonly segments: readonly Segment[]
  readonly removedSegments: readonly string[]
  readonly telemetry: TelemetrySettings
}

/** `POST …/acks`: the revision that an instance now evaluates with. */
export interface Acknowledgement {
  readonly instanceId: string
  readonly revision: number
  readonly instance: InstanceDescription
}

/** How a running copy of an application describes itself. */
export interface InstanceDescription {
  readonly application: string
  readonly applicationVersion?: string
  readonly layers: readonly string[]
  readonly sdk: string
  readonly sdkVersion: string
  readonly mode: 'stream' | 'poll'
  /** The interval that a polling instance keeps to. */
  readonly pollIntervalMs?: number
  /** Whether it evaluates drafts when the server asks for it. */
  readonly allowsVerification?: boolean
}

/** A stream event `verify`: drafts of a flag to evaluate for these contexts. What is served stays as it is. */
export interface VerificationRequest {
  readonly id: string
  /** Key of the flag that all drafts are of. */
  readonly flag: string
  readonly drafts: readonly { readonly name: string; readonly flag: Flag }[]
  readonly segments: readonly Segment[]
  /** At most 500. */
  readonly contexts: readonly EvaluationContext[]
}

/** `POST …/verifications/{id}/answers`: what an instance makes of the drafts. */
export interface VerificationAnswers {
  readonly instanceId: string
  /** By draft: the variant of each context in order; null where the answer is an error. */
  readonly answers: readonly { readonly draft: string; readonly variants: readonly (string | null)[] }[]
  /** What the application gives as default where it asks the flag; absent while it has not asked yet. */
  readonly codeDefault?: FlagValue
}

/** `POST …/telemetry`. (instanceId, seq) discards repeats. Times are the instance's own, for display only. */
export interface Telemetry {
  readonly instanceId: string
  /** Grows by one with each report of this instance. */
  readonly seq: number
  readonly fromMs: number
  readonly toMs: number
  readonly counts: readonly TelemetryCount[]
  /** Evaluations that ended in an error, by flag and error code. */
  readonly errors: readonly { readonly flag: string; readonly code: string; readonly n: number }[]
  /** Evaluations that served the caller's default. */
  readonly codeDefaults: readonly { readonly flag: string; readonly n: number }[]
  /** What the process uses; not in every report. */
  readonly process?: ProcessUsage
}

/** What one process uses: of a service and never of an arm, since both arms share it. */
export interface ProcessUsage {
  /** Cores that were busy with it since the last time. */
  readonly cpu: number
  readonly memoryBytes: number
  readonly heapBytes: number
  /** Delay of the event loop since the last time, in seconds: its 99th percentile. */
  readonly loopDelaySeconds: number
  /** Busy share of the event loop since the last time, 0..1. */
  readonly loopBusy: number
  /** Pools of connections or workers, and queues. */
  readonly pools: readonly PoolUsage[]
}

/** A pool or a queue at one moment. */
export interface PoolUsage {
  readonly name: string
  readonly size: number
  readonly inUse: number
  readonly waiting: number
}

/** Requests that first evaluated this flag with this outcome. */
export interface TelemetryCount {
  readonly flag: string
  readonly variant: string
  readonly arm: Arm
  /** The audience that the context belongs to; absent outside a rollout. */
  readonly audience?: string
  /** The attempt of the rollout; absent outside one. */
  readonly rollout?: { readonly id: string; readonly attempt: number }
  /** Why this variant was served; SDKs of earlier versions do not tell it. */
  readonly reason?: Reason
  /** Requests. */
  readonly n: number
  /** Of these, failed ones: 5xx or a thrown error, unless the application says otherwise. */
  readonly bad: number
  /** Of these, slower than the bound that the application set. */
  readonly slow: number
  /** 64-bit hashes, as 16 hex digits, salted by attempt, of the bucketing keys in the attempt's sample. */
  readonly keys: readonly string[]
  /** Outside a rollout: the requests again, by slices of the keys. Requests without a key are in none. */
  readonly slices?: readonly TrafficSlice[]
}

/** Requests of one slice of the keys; slices without any are left out. */
export interface TrafficSlice {
  /** 0..19. */
  readonly slice: number
  readonly n: number
  readonly bad: number
  readonly slow: number
}
