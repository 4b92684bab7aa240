/**
 * Whether an audit chain still says what it said: finds edited, dropped and reordered entries and,
 * against a head that was noted earlier, a cut tail and a rewritten chain.
 *
 * It reads entry by entry, so a chain of any length can be streamed through it.
 */
import { EMPTY_HEAD, hashOf } from './entry.ts'
import type { Entry, Head, Sha256 } from './entry.ts'

/** The first place where a chain does not hold. */
export interface Break {
  readonly seq: number
  readonly problem: string
}

/** How far a chain has been read, and the first break that was met. */
export interface Progress {
  readonly head: Head
  readonly broken?: Break
}

/** Nothing read yet. */
export const NOTHING_READ: Progress = { head: EMPTY_HEAD }

/** Reads the next entry. After the first break nothing is judged any more, only counted. */
export function follow(chain: string, progress: Progress, entry: Entry, sha256: Sha256): Progress {
  const head = { count: progress.head.count + 1, hash: entry.hash }
  if (progress.broken !== undefined) return { head, broken: progress.broken }
  const problem = problemOf(chain, progress.head, entry, sha256)
  return problem === undefined ? { head } : { head, broken: problem }
}

/**
 * The verdict on a whole chain: against the `stored` head that new entries are added to, and against
 * an `anchor`, a head noted earlier whose entry `atAnchor` was met on the way (undefined if it was not).
 */
export function conclude(
  progress: Progress,
  stored: Head,
  anchor?: { readonly head: Head; readonly hashThere: string | undefined },
): Break | undefined {
  if (progress.broken !== undefined) return progress.broken
  const { count, hash } = progress.head
  if (anchor !== undefined && anchor.head.count > count) {
    return {
      seq: count + 1,
      problem: `The tail is missing: ${anchor.head.count} entries were anchored, ${count} are left.`,
    }
  }
  if (anchor !== undefined && anchor.hashThere !== anchor.head.hash) {
    return {
      seq: anchor.head.count,
      problem: 'The chain was rewritten: this entry has not the hash that was anchored.',
    }
  }
  if (stored.count > count) {
    return {
      seq: count + 1,
      problem: `The tail is missing: the head counts ${stored.count}, ${count} are left.`,
    }
  }
  if (stored.count !== count || stored.hash !== hash) {
    return { seq: stored.count + 1, problem: 'The stored head does not belong to the last entry.' }
  }
  return undefined
}

function problemOf(chain: string, head: Head, entry: Entry, sha256: Sha256): Break | undefined {
  const seq = head.count + 1
  if (entry.seq > seq) return { seq, problem: `Entry ${seq} is missing: ${entry.seq} follows ${head.count}.` }
  if (entry.seq < seq)
    return { seq: entry.seq, problem: `Entry ${entry.seq} is there twice or out of order.` }
  if (entry.previous !== head.hash) {
    return { seq, problem: 'It does not follow the entry before: that one, or this one, was replaced.' }
  }
  if (hashOf(chain, entry, sha256) !== entry.hash) {
    return { seq, problem: 'Its content does not match its hash: it was edited.' }
  }
  return undefined
}
