/**
 * Who holds the roles of a feature (P-T3): each role at least one person, and as many different
 * people as there are roles, so that nobody has to approve twice.
 */
import type { Role } from '../access/permission.ts'

/** Why these people cannot fill these roles; undefined when they can. */
export function staffingProblem(
  people: Readonly<Partial<Record<Role, readonly string[]>>>,
  roles: readonly Role[],
): string | undefined {
  const empty = roles.find((role) => (people[role] ?? []).length === 0)
  if (empty !== undefined) return `Nobody holds the role ${empty}.`
  if (canStaff(people, roles, new Set())) return undefined
  return `These people cannot fill ${roles.join(', ')} with a different person each.`
}

/** Tries each holder of the first role with all the others: there are few roles and few people. */
function canStaff(
  people: Readonly<Partial<Record<Role, readonly string[]>>>,
  [role, ...others]: readonly Role[],
  taken: ReadonlySet<string>,
): boolean {
  if (role === undefined) return true
  return (people[role] ?? []).some(
    (person) => !taken.has(person) && canStaff(people, others, new Set([...taken, person])),
  )
}
