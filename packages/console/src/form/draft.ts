/**
 * What a person is writing of something that the server keeps: held while the page lives, and known
 * beside what somebody else saves in the meantime, so that nothing is overwritten unseen.
 */
import { useState } from 'react'

import { clashesOf, merged } from './three-way.ts'
import type { Clash } from './three-way.ts'

/** What tells one version from another: its number or, of what has none, its content as a text. */
export type Revision = number | string

export interface Draft<T extends object, R extends Revision = number> {
  readonly value: T
  readonly change: (value: T) => void
  readonly dirty: boolean
  /** The revision that the draft began with: what `If-Match` names. */
  readonly revision: R
  /** Somebody else has saved since: what each of the two changed. */
  readonly conflict: readonly Clash[] | undefined
  /** Puts my changes on what the other one has saved, and goes on from there. */
  readonly merge: () => void
  /** Goes on from what the server has now. */
  readonly takeTheirs: () => void
  /** It has been saved so. */
  readonly saved: (value: T, revision: R) => void
}

/** A draft of what the server has, which it calls this revision. */
export function useDraft<T extends object, R extends Revision>(
  stored: T,
  revision: R,
  labels?: Readonly<Record<string, string>>,
): Draft<T, R> {
  const [begun, setBegun] = useState({ base: stored, value: stored, revision, dirty: false })
  const moved = begun.dirty && begun.revision !== revision
  const clashes = moved ? clashesOf({ base: begun.base, theirs: stored, mine: begun.value }, labels) : []
  // Untouched, the form follows the server; also where the server has by now what was written here.
  const follows = !begun.dirty || (moved && clashes.every((it) => it.who === 'both'))
  const draft = follows ? { base: stored, value: stored, revision, dirty: false } : begun
  const versions = { base: draft.base, theirs: stored, mine: draft.value }
  const settle = (value: T, at: R): void => setBegun({ base: value, value, revision: at, dirty: false })
  return {
    value: draft.value,
    change: (value) => setBegun({ ...draft, dirty: true, value }),
    dirty: draft.dirty,
    revision: draft.revision,
    conflict: draft.dirty && moved ? clashes : undefined,
    // What is merged of objects of one type is of that type again.
    merge: () => setBegun({ base: stored, value: merged(versions) as T, revision, dirty: true }),
    takeTheirs: () => settle(stored, revision),
    saved: settle,
  }
}
