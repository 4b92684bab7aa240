/**
 * References: where something that a procedure rests on is kept, and what was seen there.
 */

/** Where something is kept. */
export type Reference =
  | { readonly kind: 'url'; readonly url: string }
  | {
      readonly kind: 'git'
      readonly repository: string
      /** A commit's full hash, or a branch or tag, which may move. */
      readonly commit: string
      readonly path?: string
    }
  | { readonly kind: 'jira'; readonly issue: string; readonly url?: string }
  | {
      readonly kind: 'upload'
      /** SHA-256 of the content, in hex. */
      readonly hash: string
    }

/** Something to look at: a reference, or a source of metrics that must answer. */
export type Subject =
  | Reference
  | { readonly kind: 'probe'; readonly probe: 'built-in-telemetry' | 'channels' }
  /** Every part of it answers. */
  | { readonly kind: 'connection'; readonly connection: string }
  /** Prometheus has it. */
  | { readonly kind: 'metric'; readonly connection: string; readonly metric: string }

/** A subject, where in the input it stands, and whether test results are expected there. */
export interface Wanted {
  /** Unique within an input: `layer backend`. */
  readonly place: string
  readonly subject: Subject
  readonly tests: boolean
}

/** What was seen at one place. `unknown`: it could not be looked at, which is never a pass. */
export interface Sighting {
  readonly place: string
  /** The subject in words. */
  readonly of: string
  readonly state: 'found' | 'absent' | 'unknown'
  /** Why it is absent or unknown; what else is worth knowing. */
  readonly note?: string
  /** SHA-256 of the content, or the git object: another one means that it changed. */
  readonly hash?: string
  readonly bytes?: number
  /** How long looking took, in milliseconds. */
  readonly ms?: number
  readonly tests?: TestResults
  readonly at: Date
}

/** What a file of test results says, or why it cannot be read as one. */
export type TestResults = TestTotals | { readonly unreadable: string }

export interface TestTotals {
  readonly format: 'junit' | 'ctrf'
  readonly total: number
  readonly passed: number
  /** Failures, errors, and whatever else is no pass. */
  readonly failed: number
  readonly skipped: number
  /** Names of the first ones that failed. */
  readonly failing: readonly string[]
}

/** How many failing tests are named. */
export const MOST_FAILING = 10

/** A subject in words. */
export function inWords(subject: Subject): string {
  switch (subject.kind) {
    case 'url':
      return subject.url
    case 'git':
      return `${subject.repository} at ${subject.commit}${subject.path === undefined ? '' : `, ${subject.path}`}`
    case 'jira':
      return `issue ${subject.issue}`
    case 'upload':
      return `upload ${subject.hash.slice(0, 12)}`
    case 'connection':
      return `the connection ${subject.connection}`
    case 'metric':
      return `the metric ${subject.metric}`
    case 'probe':
      return subject.probe === 'channels' ? 'the notification channels' : 'the built-in telemetry'
  }
}
