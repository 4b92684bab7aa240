/**
 * What is compared: each subject translates the flags, loads them and answers the calls of the workloads.
 */
import type { Spec, User } from './workload.ts'

/** One SDK, or one way of using it. */
export interface Subject {
  /** What a reader should know of how it is set up. */
  readonly note: string
  /** The flags in the SDK's own configuration, before any clock runs. */
  readonly translate: (spec: Spec) => unknown
  /** From the configuration as JSON, in memory and as a file, to the calls. */
  readonly load: (text: string, file: string) => Calls | Promise<Calls>
}

/** At once or promised, as the SDK gives it. */
type Answer = unknown

/** The calls that are timed, each with its flag's key written out as in an application. */
export interface Calls {
  readonly w1: (user: User) => Answer
  readonly w1off: (user: User) => Answer
  readonly w2: (user: User) => Answer
  readonly w3: (user: User) => Answer
  /** One of `VARIANTS`, or its JSON. */
  readonly w4: (user: User) => Answer
  readonly w7: (user: User) => Answer
  /** All flags; absent where there is no such call. */
  readonly w5?: All
  /** W2 by a flag whose rollout has arms. */
  readonly counted?: (user: User) => Answer
  /** Runs as a request that is counted. */
  readonly inRequest?: <Result>(run: () => Result) => Result
  readonly close?: () => void | Promise<void>
}

/** All flags for one user, and how to look into the answer. */
export interface All {
  readonly call: (user: User) => Answer
  readonly count: (all: unknown) => number
  readonly get: (all: unknown, key: string) => unknown
}

/** Where a subject is. */
export interface Entry {
  /** The npm package of a peer; absent for our own code. */
  readonly peer?: string
  /** Asked through the OpenFeature SDK. */
  readonly openFeature?: true
  /** Loaded in a process of its own, so that no SDK is in the process of another. */
  readonly load: () => Promise<Subject>
}

/** The name of the subject that all ratios refer to. */
export const BOUND = 'hand-written bound'
export const BY_KEY = 'flagmarshal by key'
export const BY_HANDLE = 'flagmarshal by handle'
export const THROUGH = 'flagmarshal, OpenFeature'

/** Everything that is compared, in the order of the report. */
export const SUBJECTS: Readonly<Record<string, Entry>> = {
  [BOUND]: { load: async () => (await import('./sdk/bound.ts')).bound },
  [BY_KEY]: { load: async () => (await import('./sdk/flagmarshal.ts')).byKey },
  [BY_HANDLE]: { load: async () => (await import('./sdk/flagmarshal.ts')).byHandle },
  [THROUGH]: { openFeature: true, load: async () => (await import('./sdk/flagmarshal.ts')).through },
  'flagd-core': { peer: '@openfeature/flagd-core', load: async () => (await import('./sdk/flagd.ts')).core },
  'unleash-client': { peer: 'unleash-client', load: async () => (await import('./sdk/unleash.ts')).unleash },
  growthbook: {
    peer: '@growthbook/growthbook',
    load: async () => (await import('./sdk/growthbook.ts')).client,
  },
  launchdarkly: {
    peer: '@launchdarkly/node-server-sdk',
    load: async () => (await import('./sdk/launchdarkly.ts')).client,
  },
  'flagd-provider, OpenFeature': {
    peer: '@openfeature/flagd-provider',
    openFeature: true,
    load: async () => (await import('./sdk/flagd.ts')).provider,
  },
  'growthbook, OpenFeature': {
    peer: '@openfeature/growthbook-provider',
    openFeature: true,
    load: async () => (await import('./sdk/growthbook.ts')).provider,
  },
  'launchdarkly, OpenFeature': {
    peer: '@launchdarkly/openfeature-node-server',
    openFeature: true,
    load: async () => (await import('./sdk/launchdarkly.ts')).provider,
  },
}
