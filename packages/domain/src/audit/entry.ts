/**
 * An entry of an audit chain, and the hash that ties it to the entry before.
 *
 * There is one chain for each project and one for the installation. The hash covers the chain's
 * name and the position too, so an entry cannot be moved to another place or another chain.
 * SHA-256 is passed in: this package runs where there is no crypto module.
 */
import { canonical } from './canonical.ts'
import type { Json } from './canonical.ts'

/** SHA-256 of a text in UTF-8, as 64 lower-case hex digits. */
export type Sha256 = (text: string) => string

/** What an entry says, before it has a place in a chain. */
export interface Fact {
  /** RFC 3339 in UTC, to the millisecond. */
  readonly at: string
  readonly actor: { readonly kind: string; readonly id: string; readonly name: string }
  /** `noun.verb`. */
  readonly action: string
  readonly subject: { readonly kind: string; readonly id: string }
  readonly before: Json
  readonly after: Json
  readonly reason: string | null
  /** The procedure run that the act belongs to. */
  readonly run: string | null
  readonly requestId: string
}

/** How long a chain is and what its last entry hashes to: enough to detect any change before it. */
export interface Head {
  readonly count: number
  readonly hash: string
}

/** A fact in its place. */
export interface Entry extends Fact {
  /** From 1, without gaps. */
  readonly seq: number
  /** The hash of the entry before. */
  readonly previous: string
  readonly hash: string
}

/** The head of a chain that has no entry yet. */
export const EMPTY_HEAD: Head = { count: 0, hash: '0'.repeat(64) }

/** The entry that follows `head` in `chain`. */
export function append(chain: string, head: Head, fact: Fact, sha256: Sha256): Entry {
  const entry = { ...fact, seq: head.count + 1, previous: head.hash }
  return { ...entry, hash: hashOf(chain, entry, sha256) }
}

/** The hash that an entry must carry in `chain`. */
export function hashOf(chain: string, entry: Omit<Entry, 'hash'>, sha256: Sha256): string {
  const { seq, previous, at, actor, action, subject, before, after, reason, run, requestId } = entry
  return sha256(
    canonical({ chain, seq, previous, at, actor, action, subject, before, after, reason, run, requestId }),
  )
}
