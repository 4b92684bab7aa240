/**
 * The final review and the approvals (P-S7-2, P-S7-3, P-S7-7): three different people, none of them
 * an author of what he signs, each bound to the bundle's hash.
 */
import { proofKept, whyUnproven } from '../access/proof.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { whyActionsOpen } from './action.ts'
import { heldRoles, mayDecide, mustBePerson, roleNeeded } from './can.ts'
import { blocking } from './checks.ts'
import type { ProcedureDefinition, ReviewGroup } from './model.ts'
import type { Actor, Approval, CheckResult, Run, Setting, SubjectReview } from './run.ts'
import { authorsOf } from './stale.ts'
import { lastStep, presentAttempt, recordOf } from './standing.ts'
import { openThreads, withThread } from './thread.ts'

export interface SubjectReviewed {
  readonly kind: 'subject-reviewed'
  readonly group: string
  readonly subject: string
  readonly verdict: 'reviewed' | 'changes_requested'
  readonly comment?: string
  /** Authors that the run does not know of, by part: whoever changed what a step observes. */
  readonly authors: Readonly<Record<string, readonly string[]>>
  readonly by: Actor
}

export interface ApprovalRequested {
  readonly kind: 'approval-requested'
  readonly bundleHash: string
  /** Results of the last step's available checks, run for this request. */
  readonly checks: readonly CheckResult[]
  readonly by: Actor
}

export interface Approved {
  readonly kind: 'approved'
  readonly role: string
  /** What the approver looked at. */
  readonly bundleHash: string
  /** What the bundle hashes to at this moment. */
  readonly presentHash: string
  readonly comment?: string
  /** As in `SubjectReviewed`. */
  readonly authors: Readonly<Record<string, readonly string[]>>
  readonly by: Actor
}

/** Where one subject of the final review stands. */
export interface SubjectStanding {
  readonly group: string
  readonly subject: string
  readonly title: string
  readonly state: 'open' | 'reviewed' | 'changes_requested'
  readonly review?: SubjectReview
}

/** Each subject of the final review. A review of an earlier revision does not count. */
export function subjectsOf(definition: ProcedureDefinition, run: Run): readonly SubjectStanding[] {
  return definition.reviews.flatMap((group) =>
    group.subjects.map(({ id, title, parts }): SubjectStanding => {
      const review = run.reviews.findLast((it) => it.group === group.id && it.subject === id)
      const valid =
        review !== undefined && sameRevisions(review.revisions, revisionsOf(definition, run, parts))
      const standing = { group: group.id, subject: id, title }
      return valid ? { ...standing, state: review.verdict, review } : { ...standing, state: 'open' }
    }),
  )
}

/** Marks a subject as reviewed, by somebody of its group who is not its author. */
export function reviewSubject(setting: Setting, run: Run, event: SubjectReviewed, now: Date): Run | Refusal {
  const { definition } = setting
  const group = definition.reviews.find((it) => it.id === event.group)
  const subject = group?.subjects.find((it) => it.id === event.subject)
  if (group === undefined || subject === undefined) {
    const known = definition.reviews.flatMap((it) => it.subjects.map((one) => `${it.id}/${one.id}`))
    return refuse(
      'subject-unknown',
      `There is no subject ${event.group}/${event.subject}.`,
      `Use one of ${known.join(', ')}.`,
      '/subject',
    )
  }
  const no = mayDecide(setting, run, lastStep(definition).number) ?? mustBePerson(event.by, 'A review')
  if (no !== undefined) return no
  const outside = mayReview(setting, group, event.by)
  if (outside !== undefined) return outside
  const relaxed = setting.policy.tooFewPeople?.reason
  if (relaxed === undefined && isAuthor(run, subject.parts, event)) {
    return refuse(
      'own-work',
      `${event.by.id} wrote a part of ${subject.title} and cannot review it.`,
      'Ask somebody else of the group.',
    )
  }
  if (event.verdict === 'changes_requested' && event.comment === undefined) {
    return refuse(
      'comment-needed',
      'Asking for changes needs a comment.',
      'Say what should change.',
      '/comment',
    )
  }
  const { verdict, comment, by } = event
  const review: SubjectReview = {
    group: group.id,
    subject: subject.id,
    verdict,
    by: by.id,
    at: now,
    revisions: revisionsOf(definition, run, subject.parts),
    ...(comment === undefined ? {} : { comment }),
  }
  const next = { ...run, reviews: [...run.reviews, review] }
  if (verdict === 'reviewed' || comment === undefined) return next
  const thread = { group: group.id, subject: subject.id, comments: [{ text: comment, by: by.id, at: now }] }
  return withThread(next, thread)
}

/** Whether somebody belongs to a group: to the people that the project names for it, else by role. */
export function mayReview(setting: Setting, group: ReviewGroup, actor: Actor): Refusal | undefined {
  const named = setting.policy.reviewers[group.id] ?? []
  if (named.length > 0) {
    return named.includes(actor.id)
      ? undefined
      : refuse(
          'role-needed',
          `The ${group.id} review is for ${named.join(', ')}.`,
          'Ask one of them, or change the policy of the project.',
        )
  }
  return group.roles.some((it) => actor.roles.includes(it))
    ? undefined
    : refuse(
        'role-needed',
        `The ${group.id} review needs the role ${group.roles.join(' or ')}.`,
        'Ask somebody who has it.',
      )
}

/** Fixes the bundle and asks the roles for their approval, once every subject is reviewed. */
export function requestApproval(
  setting: Setting,
  run: Run,
  event: ApprovalRequested,
  now: Date,
): Run | Refusal {
  const last = lastStep(setting.definition)
  const no = mayDecide(setting, run, last.number)
  if (no !== undefined) return no
  const open = subjectsOf(setting.definition, run).filter((it) => it.state !== 'reviewed')
  if (open.length > 0) {
    return refuse(
      'reviews-open',
      `Not reviewed yet: ${open.map((it) => `${it.group}/${it.subject}`).join(', ')}.`,
      'Have each subject reviewed by somebody other than its author.',
    )
  }
  const threads = openThreads(run)
  if (threads.length > 0) {
    return refuse(
      'comments-open',
      `Not resolved yet: ${threads.map((it) => `${it.id} on ${it.group}/${it.subject}`).join(', ')}.`,
      'Answer each comment and have it resolved.',
    )
  }
  const record = { ...recordOf(run, last.number), checks: event.checks }
  const actions = whyActionsOpen(record)
  if (actions !== undefined) return actions
  const lacking = blocking(last, record, [])
  if (lacking.length > 0) {
    return refuse(
      'checks-open',
      `Not settled yet: ${lacking.map((it) => `${it.check.id} (${it.check.title})`).join(', ')}.`,
      'Attest each with a statement and a reference.',
    )
  }
  const steps = run.steps.map((it) => (it.number === last.number ? record : it))
  return { ...run, steps, request: { bundleHash: event.bundleHash, by: event.by.id, at: now } }
}

/** One role's approval. The last one makes the run approved. */
export function approve(setting: Setting, run: Run, event: Approved, now: Date): Run | Refusal {
  const { definition } = setting
  const approval = definition.approvals.find((it) => it.role === event.role)
  if (approval === undefined || run.request === undefined) {
    return refuse(
      'approval-unknown',
      `No approval is asked of ${event.role}.`,
      `Use one of ${definition.approvals.map((it) => it.role).join(', ')}.`,
      '/role',
    )
  }
  const { role } = approval
  const no = mustBePerson(event.by, 'An approval')
  if (no !== undefined) return no
  if (heldRoles(setting, event.by, [role]).length === 0)
    return roleNeeded(setting, [role], `Approving as ${role}`)
  const { signatures } = setting.policy
  const unproven = whyUnproven(signatures, event.by.proof, now)
  if (unproven !== undefined) return unproven
  if (event.bundleHash !== run.request.bundleHash || event.presentHash !== run.request.bundleHash) {
    return refuse(
      'bundle-changed',
      `The bundle is ${event.presentHash}; you name ${event.bundleHash}, asked for was ${run.request.bundleHash}.`,
      'Look at the bundle and approve the hash that it has now; ask for the approvals again if it changed.',
      '/bundleHash',
    )
  }
  const given = standing(run)
  if (given.some((it) => it.role === role)) {
    return refuse('approved-already', `The ${role} has approved already.`, "Look at the run's next actions.")
  }
  const twice = given.some((it) => it.by === event.by.id)
  const own = isAuthor(run, approval.parts, event)
  const relaxed = twice || own ? setting.policy.tooFewPeople?.reason : undefined
  if (twice && relaxed === undefined) {
    return refuse(
      'same-person',
      `${event.by.id} has approved in another role; the approvals come from different people.`,
      `Ask another ${role}: ${others(setting, role, event.by.id)}.`,
    )
  }
  if (own && relaxed === undefined) {
    return refuse(
      'own-work',
      `${event.by.id} wrote a part of what the ${role} signs (${approval.signs}).`,
      `Ask another ${role}: ${others(setting, role, event.by.id)}.`,
    )
  }
  return withApproval(definition, run, {
    role,
    by: event.by.id,
    at: now,
    bundleHash: event.bundleHash,
    ...(event.comment === undefined ? {} : { comment: event.comment }),
    ...(relaxed === undefined ? {} : { relaxed }),
    ...proofKept(signatures, event.by.proof),
  })
}

/** What was decided or approved under a relaxed policy and holds now, one sentence each (P-S7-2). */
export function relaxationsOf(run: Run): readonly string[] {
  const decided = run.steps.flatMap((step) =>
    presentAttempt(step).decisions.flatMap(({ by, relaxed }) =>
      relaxed === undefined ? [] : [`Step ${step.number} was decided by its author ${by}: ${relaxed}`],
    ),
  )
  const approved = standing(run).flatMap(({ role, by, relaxed }) =>
    relaxed === undefined ? [] : [`${by} approved as ${role} under a policy for too few people: ${relaxed}`],
  )
  return [...new Set([...decided, ...approved])]
}

/** The approvals that stand. */
export function standing(run: Run): readonly Approval[] {
  return run.approvals.filter((it) => it.voided === undefined)
}

function withApproval(definition: ProcedureDefinition, run: Run, approval: Approval): Run {
  const approvals = [...run.approvals, approval]
  const next = { ...run, approvals }
  const given = standing(next)
  if (!definition.approvals.every((it) => given.some((one) => one.role === it.role))) return next
  const last = lastStep(definition).number
  const record = recordOf(run, last)
  const decisions = given.map((it) => ({
    role: it.role,
    decision: 'go' as const,
    by: it.by,
    at: it.at,
    rationale: it.comment ?? `approved ${it.bundleHash}`,
    overrides: [],
    evidence: [],
  }))
  const attempt = {
    ...presentAttempt(record),
    decisions,
    outcome: 'go' as const,
    output: record.output,
    revision: record.revision,
  }
  const steps = run.steps.map((it) =>
    it.number === last ? { ...it, attempts: [...it.attempts.slice(0, -1), attempt] } : it,
  )
  return { ...next, steps, authors: {}, lastApproved: { bundleHash: approval.bundleHash, at: approval.at } }
}

function revisionsOf(
  definition: ProcedureDefinition,
  run: Run,
  parts: readonly string[],
): Readonly<Record<string, number>> {
  const steps = definition.parts.filter((it) => parts.includes(it.id)).map((it) => it.step)
  return Object.fromEntries(steps.map((step) => [String(step), recordOf(run, step).revision]))
}

function sameRevisions(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  return (
    Object.keys(b).length === Object.keys(a).length && Object.entries(b).every(([step, it]) => a[step] === it)
  )
}

function isAuthor(run: Run, parts: readonly string[], event: SubjectReviewed | Approved): boolean {
  const elsewhere = parts.flatMap((it) => event.authors[it] ?? [])
  return authorsOf(run, parts).includes(event.by.id) || elsewhere.includes(event.by.id)
}

function others(setting: Setting, role: keyof Setting['people'], person: string): string {
  const people = (setting.people[role] ?? []).filter((it) => it !== person)
  return people.length === 0 ? 'the feature names nobody else' : people.join(' or ')
}
