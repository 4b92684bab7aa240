/**
 * A draft: a change of what a protected environment serves, outside a procedure, that waits for the
 * approval of others. Its state is derived from what was done to it, never stored; every request and
 * every verdict is bound to the hash of the content that it was about.
 */
import type { Role } from '../access/permission.ts'
import type { DraftPolicy } from './policy.ts'

export interface Draft {
  /** Of the content: what is changed where, from what base, to what. */
  readonly hash: string
  /** Everybody who has saved it, the creator first. */
  readonly contributors: readonly string[]
  readonly requested?: { readonly by: string; readonly at: Date; readonly hash: string }
  /** In the order in which they were given. */
  readonly verdicts: readonly DraftVerdict[]
  readonly closed?: 'published' | 'discarded'
}

export interface DraftVerdict {
  readonly by: string
  /** What the person's token had of the roles that count, at that time. */
  readonly roles: readonly Role[]
  readonly verdict: 'approved' | 'changes_requested'
  readonly hash: string
}

/** What a draft is judged by, beside itself. */
export interface DraftFacts {
  readonly policy: DraftPolicy
  /** Everybody, with the roles that they hold now. */
  readonly people: readonly { readonly id: string; readonly roles: readonly Role[] }[]
  /** Whoever else had a hand in what would be served: changes since the last draft was published. */
  readonly authors: readonly string[]
  /** What is live is not what the draft began from. */
  readonly behind: boolean
}

/** `behind` is none of them: it is said beside the state, because it can come and go. */
export type DraftState = 'draft' | 'waiting' | 'changes_requested' | 'approved' | 'published' | 'discarded'

/** One approval that the policy asks for, and who has given it. */
export interface ApprovalSlot {
  readonly roles: readonly Role[]
  readonly by?: string
}

/** Where a draft stands. */
export function draftState(draft: Draft, facts: DraftFacts): DraftState {
  if (draft.closed !== undefined) return draft.closed
  if (draft.requested?.hash !== draft.hash) return 'draft'
  if (standingVerdicts(draft).some((it) => it.verdict === 'changes_requested')) return 'changes_requested'
  return approvalSlots(draft, facts).every((it) => it.by !== undefined) ? 'approved' : 'waiting'
}

/** The verdicts that count for the content as it is: the last one of each person. */
export function standingVerdicts({ hash, verdicts }: Draft): readonly DraftVerdict[] {
  const last = new Map(verdicts.filter((it) => it.hash === hash).map((it) => [it.by, it]))
  return [...last.values()]
}

/** Whether a person had a hand in the draft, and so can never approve it. */
export function isContributor({ contributors }: Draft, { authors }: DraftFacts, person: string): boolean {
  return contributors.includes(person) || authors.includes(person)
}

/** Each approval that is asked for, with the person who gives it; nobody gives two. */
export function approvalSlots(draft: Draft, facts: DraftFacts): readonly ApprovalSlot[] {
  const givers = assigned(facts.policy.approvals, approversOf(draft, facts))
  return facts.policy.approvals.map((roles, slot) => {
    const by = givers.get(slot)
    return by === undefined ? { roles } : { roles, by }
  })
}

/** Whose approval would bring the draft nearer to what the policy asks for. */
export function missingApprovers(draft: Draft, facts: DraftFacts): readonly string[] {
  const { approvals } = facts.policy
  const given = approversOf(draft, facts)
  const filled = assigned(approvals, given).size
  return able(draft, facts)
    .filter((it) => assigned(approvals, [...given, it]).size > filled)
    .map(({ by }) => by)
}

/** Whether there are people who could give every approval that is asked for. */
export function canBeApproved(draft: Draft, facts: DraftFacts): boolean {
  const { approvals } = facts.policy
  return assigned(approvals, [...approversOf(draft, facts), ...able(draft, facts)]).size === approvals.length
}

/** People who may still approve, with the roles that they hold. */
function able(draft: Draft, facts: DraftFacts): readonly Approver[] {
  const given = new Set(standingVerdicts(draft).map((it) => it.by))
  return facts.people
    .filter(({ id }) => !given.has(id) && !isContributor(draft, facts, id))
    .map(({ id, roles }) => ({ by: id, roles }))
}

/** Whose approvals count, with the roles that they had and still hold. */
function approversOf(draft: Draft, facts: DraftFacts): readonly Approver[] {
  const held = new Map(facts.people.map(({ id, roles }) => [id, roles]))
  return standingVerdicts(draft)
    .filter((it) => it.verdict === 'approved' && !isContributor(draft, facts, it.by))
    .map(({ by, roles }) => ({ by, roles: roles.filter((it) => held.get(by)?.includes(it) === true) }))
}

/** Whom an open draft waits for now. */
export function waitsFor(draft: Draft, facts: DraftFacts): readonly string[] {
  const state = draftState(draft, facts)
  if (state === 'published' || state === 'discarded') return []
  return state === 'waiting' && !facts.behind ? missingApprovers(draft, facts) : draft.contributors
}

interface Approver {
  readonly by: string
  readonly roles: readonly Role[]
}

/**
 * The most slots that these people can fill, each one of them one: augmenting paths, a few people and
 * slots at a time. Giving each the first slot that fits would leave one open that another order fills.
 */
function assigned(
  slots: readonly (readonly Role[])[],
  approvers: readonly Approver[],
): ReadonlyMap<number, string> {
  const taken = new Map<number, Approver>()
  const place = (approver: Approver, tried: Set<number>): boolean =>
    slots.some((roles, slot) => {
      if (tried.has(slot) || !roles.some((it) => approver.roles.includes(it))) return false
      tried.add(slot)
      const before = taken.get(slot)
      if (before !== undefined && !place(before, tried)) return false
      taken.set(slot, approver)
      return true
    })
  for (const approver of approvers) place(approver, new Set())
  return new Map([...taken].map(([slot, { by }]) => [slot, by]))
}
