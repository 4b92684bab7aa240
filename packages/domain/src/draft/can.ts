/**
 * Who may do what to a draft. Each answer is `undefined` for yes, or the refusal that says why not.
 */
import { mustBePerson } from '../procedure/can.ts'
import type { Actor } from '../procedure/run.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { canBeApproved, draftState, isContributor, missingApprovers, standingVerdicts } from './draft.ts'
import type { Draft, DraftFacts, DraftState, DraftVerdict } from './draft.ts'
import type { DraftPolicy } from './policy.ts'

type Act = 'change' | 'request' | 'decide' | 'publish' | 'discard'

/** In which states each act is possible. */
const ALLOWED = {
  change: ['draft', 'waiting', 'changes_requested', 'approved'],
  request: ['draft'],
  decide: ['waiting', 'changes_requested', 'approved'],
  publish: ['approved'],
  discard: ['draft', 'waiting', 'changes_requested', 'approved'],
} as const satisfies Record<Act, readonly DraftState[]>

const REMEDY: Readonly<Record<DraftState, string>> = {
  draft: 'Ask for its approval first: flagmarshal draft request <id>.',
  waiting: 'Wait for the approvals that are missing.',
  changes_requested: 'Save it with the changes that were asked for, and ask again.',
  approved: 'Publish it: flagmarshal draft publish <id>.',
  published: 'It is live. Save a new draft.',
  discarded: 'Save a new draft.',
}

/** Whether the draft's state allows the act. */
export function mayActOn(draft: Draft, facts: DraftFacts, act: Act): Refusal | undefined {
  const state = draftState(draft, facts)
  const states: readonly DraftState[] = ALLOWED[act]
  if (states.includes(state)) return undefined
  const word = state.replaceAll('_', ' ')
  const message =
    state === 'draft'
      ? 'Nobody has asked for its approval as it is now.'
      : `The draft is ${word}; ${act} is not possible now.`
  return refuse(`draft-${state.replaceAll('_', '-')}`, message, REMEDY[state])
}

/** Whether an environment takes drafts. */
export function takesDrafts({ accepted }: DraftPolicy, environment: string): Refusal | undefined {
  return accepted
    ? undefined
    : refuse(
        'drafts-not-accepted',
        `The policy of the project takes no drafts for ${environment}.`,
        'Change it through the procedure: flagmarshal feature new --help.',
      )
}

/** Whether its approval may be asked for: it is not behind, and there are people who can give it. */
export function mayRequest(draft: Draft, facts: DraftFacts): Refusal | undefined {
  const no = mayActOn(draft, facts, 'request') ?? isBehind(facts)
  if (no !== undefined) return no
  return canBeApproved(draft, facts)
    ? undefined
    : refuse(
        'too-few-approvers',
        `The policy asks for ${facts.policy.approvals.map((it) => it.join(' or ')).join(', and ')}; too few people hold that who had no hand in the draft.`,
        'Add people with the roles of the policy, or change the policy of the project.',
      )
}

/** What somebody says to a draft. */
export interface GivenVerdict {
  readonly verdict: DraftVerdict['verdict']
  /** The hash of what the person has looked at. */
  readonly hash: string
  readonly comment?: string | undefined
}

/** The roles that count for the verdict, or why somebody may not give it: a creator or contributor never may. */
export function verdictRoles(
  draft: Draft,
  facts: DraftFacts,
  actor: Actor,
  given: GivenVerdict,
): DraftVerdict['roles'] | Refusal {
  const no =
    mustBePerson(actor, 'A verdict on a draft') ?? mayActOn(draft, facts, 'decide') ?? isBehind(facts)
  if (no !== undefined) return no
  if (given.hash !== draft.hash) {
    return refuse(
      'draft-changed',
      `The draft hashes to ${draft.hash}; you name ${given.hash}.`,
      'Look at it as it is now, and name its hash.',
      '/hash',
    )
  }
  if (isContributor(draft, facts, actor.id)) {
    return refuse(
      'own-work',
      `${actor.id} had a hand in what would be served and cannot decide on it.`,
      `Ask ${missingApprovers(draft, facts).join(' or ') || 'somebody else with a role that approves'}.`,
    )
  }
  const wanted = facts.policy.approvals.flat()
  const roles = [...new Set(actor.roles)].filter((it) => wanted.includes(it))
  if (roles.length === 0) {
    return refuse(
      'role-needed',
      `A verdict on this draft needs the role ${[...new Set(wanted)].join(' or ')}.`,
      `Ask ${missingApprovers(draft, facts).join(' or ') || 'somebody who holds it'}.`,
    )
  }
  return alreadyGiven(draft, actor, given) ?? roles
}

function alreadyGiven(draft: Draft, actor: Actor, { verdict, comment }: GivenVerdict): Refusal | undefined {
  if (verdict === 'changes_requested' && comment === undefined)
    return refuse(
      'comment-needed',
      'Asking for changes needs a comment.',
      'Say what should change.',
      '/comment',
    )
  const before = standingVerdicts(draft).find((it) => it.by === actor.id)
  return verdict === 'approved' && before?.verdict === verdict
    ? refuse('approved-already', `${actor.id} has approved it already.`, 'There is nothing left to do.')
    : undefined
}

/** Whether it may be published: approved as it is, by a person's word. What is live is compared by the caller. */
export function mayPublish(draft: Draft, facts: DraftFacts, actor: Actor): Refusal | undefined {
  return mustBePerson(actor, 'Publishing a draft') ?? mayActOn(draft, facts, 'publish')
}

function isBehind({ behind }: DraftFacts): Refusal | undefined {
  return behind
    ? refuse(
        'draft-behind',
        'What is live has changed since the draft was saved.',
        'Look at what changed, and save the draft again on top of it: its approvals begin anew.',
      )
    : undefined
}
