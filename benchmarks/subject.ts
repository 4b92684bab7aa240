/**
 * What is compared: each subject loads the flags and answers two calls.
 */
import type { BenchFlag, User } from './workload.ts'

/** One SDK, or one way of using it. */
export interface Subject {
  /** What a reader should know of how it is set up. */
  readonly note: string
  readonly load: (flags: readonly BenchFlag[]) => Promise<Calls>
}

/** Booleans at once or promised, as the SDK gives them. */
export type Answer = boolean | Promise<boolean>

/** The calls that are timed, each with its flag's key written out as in an application. */
export interface Calls {
  readonly W1: (user: User) => Answer
  readonly W2: (user: User) => Answer
  /** Any flag: for the checks before the timing. */
  readonly any: (key: string, user: User) => Answer
  readonly close?: () => void | Promise<void>
}

/** The name of the subject that all ratios refer to. */
export const BOUND = 'hand-written bound'

/** The name of our subject that is compared with the peers. */
export const OURS = 'flagmarshal by key'

/** Where a subject is. */
export interface Entry {
  /** The npm package of a peer; absent for our own code. */
  readonly peer?: string
  /** Loaded in a process of its own, so that no SDK is in the process of another. */
  readonly load: () => Promise<Subject>
}

/** Everything that is compared, in the order of the report. */
export const SUBJECTS: Readonly<Record<string, Entry>> = {
  [BOUND]: { load: async () => (await import('./sdk/bound.ts')).bound },
  [OURS]: { load: async () => (await import('./sdk/flagmarshal.ts')).byKey },
  'flagmarshal by handle': { load: async () => (await import('./sdk/flagmarshal.ts')).byHandle },
  'flagd-core': {
    peer: '@openfeature/flagd-core',
    load: async () => (await import('./sdk/flagd.ts')).flagd,
  },
  'unleash-client': {
    peer: 'unleash-client',
    load: async () => (await import('./sdk/unleash.ts')).unleash,
  },
  growthbook: {
    peer: '@growthbook/growthbook',
    load: async () => (await import('./sdk/growthbook.ts')).growthbook,
  },
  launchdarkly: {
    peer: '@launchdarkly/node-server-sdk',
    load: async () => (await import('./sdk/launchdarkly.ts')).launchdarkly,
  },
}
