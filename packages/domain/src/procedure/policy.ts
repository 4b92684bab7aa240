/**
 * What a project may settle for itself about how its runs are decided: deadlines, deputies,
 * reviewers, and what holds where there are too few people. Every relaxation has a reason, and
 * whatever was decided under it says so.
 */
import type { Role } from '../access/permission.ts'
import type { SignaturePolicy } from '../access/proof.ts'
import type { DraftPolicy } from '../draft/policy.ts'
import { addWorkingDays, WEEKDAYS } from '../rollout/calendar.ts'
import type { Calendar, Weekday } from '../rollout/calendar.ts'

export interface Policy {
  /** Time zone of everything below. */
  readonly zone: string
  readonly workingDays: readonly Weekday[]
  /** When rollouts may start. */
  readonly rollouts: Omit<Calendar, 'zone'>
  /** Working days without an act after which a run that waits is blocked (P-EX5). */
  readonly blockedAfterDays: number
  /** Working days in which what a No-Go asks for is due (P-E11). */
  readonly actionDueDays: number
  /** Working days in which a missing or failing input is due; as each input has it unless settled (P-I-HALT). */
  readonly remediationDueDays?: number
  /** People who may act in a role beside those that a feature names (P-E10). */
  readonly deputies: Readonly<Partial<Record<Role, readonly string[]>>>
  /** People of each group of reviewers; where a group has none, whoever holds its roles (P-S7-7). */
  readonly reviewers: Readonly<Record<string, readonly string[]>>
  /** Mailboxes of teams and stakeholders that are no people of this server, by their names (P-EX4). */
  readonly contacts: Readonly<Record<string, string>>
  /** Whom a step's failure handling means by experts. */
  readonly experts: readonly string[]
  /** Who approves drafts, by protected environment; one that is left out has what holds for all (see `draft/policy.ts`). */
  readonly drafts: Readonly<Record<string, DraftPolicy>>
  /** What a Go, an approval, an override and breaking the glass need of who signs; absent: nothing more than the token. */
  readonly signatures?: SignaturePolicy
  /** Too few people: one may decide and approve what he wrote, and approve in more than one role (P-S7-2). */
  readonly tooFewPeople?: { readonly reason: string }
}

/** What holds until a project settles something else: nothing is relaxed, rollouts start at any time. */
export const DEFAULT_POLICY: Policy = {
  zone: 'UTC',
  workingDays: ['mon', 'tue', 'wed', 'thu', 'fri'],
  rollouts: { days: WEEKDAYS, from: '00:00', to: '24:00', blackouts: [] },
  blockedAfterDays: 1,
  actionDueDays: 2,
  deputies: {},
  reviewers: {},
  experts: [],
  contacts: {},
  drafts: {},
}

/** When rollouts may start. */
export function calendarOf({ zone, rollouts }: Policy): Calendar {
  return { zone, ...rollouts }
}

/** The time this many of the project's working days later. */
export function workingDaysLater({ zone, workingDays }: Policy, at: Date, days: number): Date {
  return addWorkingDays({ zone, days: workingDays }, at, days)
}
