/**
 * Going past a closed gate in an emergency: a person of an approver role breaks the glass, with a
 * reason and for a limited time. Somebody else looks at it afterwards; until then it stays open and
 * is shown wherever the gate or the run is.
 */
import { whyUnproven } from '../access/proof.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { approvers, heldRoles, mustBePerson, roleNeeded } from './can.ts'
import type { Actor, Setting } from './run.ts'

export interface BrokenGlass {
  readonly id: string
  readonly gate: string
  readonly reason: string
  readonly by: string
  readonly at: Date
  /** The gate counts as open before this time. */
  readonly until: Date
  /** Absent while it has not been looked at. */
  readonly review?: { readonly by: string; readonly at: Date; readonly note: string }
}

/** Whether somebody may go past a gate; `needless` is whether it lets everything through already. */
// oxlint-disable-next-line max-params -- who, where, whether it is needed, and when
export function mayBreak(setting: Setting, actor: Actor, needless: boolean, now: Date): Refusal | undefined {
  if (needless) return refuse('gate-open', 'The gate is open.', 'Go on; there is nothing to break.')
  return (
    mustBeApprover(setting, actor, 'Going past a gate') ??
    whyUnproven(setting.policy.signatures, actor.proof, now)
  )
}

/** Whether somebody may review it: another person of an approver role, once. */
export function mayReviewGlass(setting: Setting, actor: Actor, glass: BrokenGlass): Refusal | undefined {
  const no = mustBeApprover(setting, actor, 'The review')
  if (no !== undefined) return no
  if (glass.review !== undefined)
    return refuse('reviewed-already', `${glass.review.by} has reviewed it.`, 'There is nothing left to do.')
  if (glass.by !== actor.id) return undefined
  const others = reviewersOf(setting, glass).join(' or ')
  return refuse('own-work', `${actor.id} broke the glass.`, `Ask ${others}.`)
}

/** One that holds a gate open now. */
export function glassOf(broken: readonly BrokenGlass[], gate: string, now: Date): BrokenGlass | undefined {
  return broken.find((it) => it.gate === gate && now < it.until)
}

/** Those that nobody has looked at yet. */
export function unreviewed(broken: readonly BrokenGlass[]): readonly BrokenGlass[] {
  return broken.filter((it) => it.review === undefined)
}

/** Why a run is not completed, and no rollout of it begins, while a review of its feature is open. */
export function whyGlassOpen(broken: readonly BrokenGlass[]): Refusal | undefined {
  const open = unreviewed(broken)
  return open.length === 0
    ? undefined
    : refuse(
        'glass-unreviewed',
        `Nobody has reviewed it yet: ${open.map(glassNote).join(' · ')}`,
        'Have each reviewed by another approver first.',
      )
}

/** Who may review one: every approver but the one who broke it. */
export function reviewersOf(setting: Setting, { by }: BrokenGlass): readonly string[] {
  return approvers(setting).filter((it) => it !== by)
}

/** What must be said of it wherever it matters. */
export function glassNote({ gate, by, until, reason, review }: BrokenGlass): string {
  const looked = review === undefined ? 'its review is open' : `reviewed by ${review.by}`
  return `${by} went past the gate ${gate} in an emergency until ${until.toISOString()} (${looked}): ${reason}`
}

function mustBeApprover(setting: Setting, actor: Actor, what: string): Refusal | undefined {
  const roles = setting.definition.approvals.map((it) => it.role)
  const no = mustBePerson(actor, what)
  if (no !== undefined) return no
  return heldRoles(setting, actor, roles).length === 0 ? roleNeeded(setting, roles, what) : undefined
}
