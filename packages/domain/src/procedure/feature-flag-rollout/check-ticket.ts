/**
 * P-S7-4 and P-S7-9: the ticket carries the approved plan, proven by the ids of comment and link.
 */
import type { CheckOutcome } from '../run.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { outcome, unknown } from './outcome.ts'

/** P-S7-4. */
export function checkTicket({ ticket }: FlagRolloutFacts): CheckOutcome {
  if (ticket === undefined) return unknown('the plan is not approved yet')
  const { connected, proof, failure } = ticket
  if (proof !== undefined) return outcome([], { ...proof })
  if (failure !== undefined) return outcome([`the ticket is not updated: ${failure}`])
  return unknown(
    connected
      ? 'the ticket is not updated yet'
      : 'no channel leads to a ticket system: create one of kind jira before the approvals, or set this aside with the reason',
  )
}
