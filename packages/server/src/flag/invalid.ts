/** Faults of what a caller wants → one refusal that lists them all. */
import type { Fault } from '@flagmarshal/domain/flag/edit'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

/** The refusal for these faults; undefined if there are none. */
export function invalid(faults: readonly Fault[]): Refusal | undefined {
  const [first] = faults
  if (first === undefined) return undefined
  const more = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`
  return {
    ...refuse(
      'invalid',
      `${first.pointer}: ${first.message}${more}`,
      'Correct the named fields.',
      first.pointer,
    ),
    errors: faults,
  }
}
