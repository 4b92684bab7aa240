/** What a person does in a session of their own, and for some of it soon after they have shown who they are. */
import { whyUnproven } from '@flagmarshal/domain/access/proof'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'

/** How fresh a proof must be for what is as good as a password, in minutes. */
const FRESH_MINUTES = 5

/** Why a token does not do. */
export function refuseWithoutSession(): Refusal {
  return refuse('no-session', 'This was called with a token, not with a session.', 'Sign in first.')
}

/** Why more is asked for first, in the words of what is wanted; undefined within some minutes of a proof. */
export function refuseOldProof(
  { actor, now }: Pick<Context, 'actor' | 'now'>,
  message: string,
): Refusal | undefined {
  const unproven = whyUnproven({ proof: 'sign-in', minutes: FRESH_MINUTES }, actor.proof, now)
  return unproven && { ...unproven, message, remedy: 'Confirm who you are, then ask for it again.' }
}
