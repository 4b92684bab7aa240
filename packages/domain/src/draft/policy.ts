/**
 * Who approves drafts in a protected environment, as its project settles it.
 */
import type { Role } from '../access/permission.ts'

/** Roles that may approve a draft. An administrator never approves. */
export const DRAFT_APPROVERS = [
  'technical-lead',
  'operations-lead',
  'product-owner',
  'developer',
] as const satisfies readonly Role[]

export interface DraftPolicy {
  /** Whether the environment takes drafts at all; without them only the procedure raises exposure there. */
  readonly accepted: boolean
  /** One approval for each entry, each of another person, who holds one of its roles. */
  readonly approvals: readonly (readonly Role[])[]
}

/** What holds in an environment that settles nothing: one approval, of any lead. */
export const DEFAULT_DRAFT_POLICY: DraftPolicy = {
  accepted: true,
  approvals: [['technical-lead', 'operations-lead', 'product-owner']],
}

/** What holds in an environment. */
export function draftPolicyOf(
  drafts: Readonly<Record<string, DraftPolicy>>,
  environment: string,
): DraftPolicy {
  return (Object.hasOwn(drafts, environment) ? drafts[environment] : undefined) ?? DEFAULT_DRAFT_POLICY
}
