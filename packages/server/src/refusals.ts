/**
 * Refusals that every noun gives in the same words.
 */
import { differInCaseOnly } from '@flagmarshal/domain/flag/key'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

/** A refusal that shows the version that is stored now; the edge answers 412 with it. */
export interface Stale extends Refusal {
  readonly current: unknown
}

/** There is none, or the caller may not know of it. */
export function notFound(noun: string, key: string): Refusal {
  return refuse('not-found', `There is no ${noun} ${key}.`, `List what there is and check the spelling.`)
}

/** The key of a creation is in use. */
export function keyTaken(noun: string, key: string): Refusal {
  return refuse('key-taken', `There already is a ${noun} ${key}.`, 'Choose another key.', '/key')
}

/** The key of a new flag or segment is in use, or differs from one that is in capitals only. */
export function flagKeyTaken(noun: string, key: string, known: readonly string[]): Refusal {
  const like = known.find((it) => differInCaseOnly(it, key))
  if (like === undefined) return keyTaken(noun, key)
  return refuse(
    'key-taken',
    `There already is a ${noun} ${like}; ${key} would differ from it in capitals only.`,
    `Use ${like}, or choose another key: people and some file systems confuse the two.`,
    '/key',
  )
}

/** Somebody else has changed the thing since the caller read it; `current` is it as stored now. */
export function stale(thing: string, current: { readonly revision: number }): Stale {
  return {
    ...refuse(
      'stale-version',
      `The ${thing} has changed since you read it: it is at revision ${current.revision}.`,
      'Look at what changed, apply your change to it, and send it with the new revision in If-Match.',
    ),
    current,
  }
}
