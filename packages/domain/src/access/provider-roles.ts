/**
 * What the organisation's sign-in says of a person, and which roles follow from it.
 *
 * Roles that the mapping gave are remembered apart from those that people gave: only the former fall when a
 * group or a rule is gone, so nobody loses by signing in what an administrator gave by hand.
 */
import { ROLES } from './permission.ts'
import type { Role } from './permission.ts'

/** A role everywhere, in one project, or in one environment of it. */
export interface GivenRole {
  readonly role: Role
  readonly project?: string | undefined
  readonly environment?: string | undefined
}

/** Whoever is in the group has the role. */
export interface RoleRule extends GivenRole {
  readonly group: string
}

/** What changes at a sign-in, and what the mapping has given after it. */
export interface RoleChange {
  readonly give: readonly GivenRole[]
  readonly take: readonly GivenRole[]
  readonly mapped: readonly GivenRole[]
}

/**
 * The groups that a claim names: one text, or a list of texts. The name is taken as it is first, and then as
 * a path, because some providers write addresses as names and others put lists into objects
 * (`realm_access.roles`).
 */
export function groupsIn(claims: Readonly<Record<string, unknown>>, claim: string): readonly string[] {
  const own = Object.hasOwn(claims, claim) ? claims[claim] : at(claims, claim.split('.'))
  const listed: readonly unknown[] = Array.isArray(own) ? own : [own]
  return listed.filter((it) => typeof it === 'string')
}

function at(claims: unknown, path: readonly string[]): unknown {
  const [first, ...rest] = path
  if (first === undefined) return claims
  if (typeof claims !== 'object' || claims === null || !Object.hasOwn(claims, first)) return undefined
  return at(Reflect.get(claims, first), rest)
}

/** The roles of somebody in these groups, each once. */
export function rolesOf(rules: readonly RoleRule[], groups: readonly string[]): readonly GivenRole[] {
  const roles = rules
    .filter((it) => groups.includes(it.group))
    .map(({ role, project, environment }) => ({ role, project, environment }))
  return distinct(roles)
}

/**
 * What is given and taken so that the person has the roles that are wanted. `held` is everything that they
 * have, by whoever it was given; `mapped` what the mapping gave before. A role that somebody holds already
 * was given by a person and stays theirs.
 */
export function changeOfRoles(
  held: readonly GivenRole[],
  mapped: readonly GivenRole[],
  wanted: readonly GivenRole[],
): RoleChange {
  const give = without(wanted, held)
  const take = both(without(mapped, wanted), held)
  return { give, take, mapped: [...both(both(mapped, wanted), held), ...give] }
}

/** Roles everywhere, in the order of their table. */
export function everywhere(roles: readonly GivenRole[]): Role[] {
  const wide = roles.filter((it) => it.project === undefined).map((it) => it.role)
  return ROLES.filter((it) => wide.includes(it))
}

/** A role in words: `developer in shop/staging`. */
export function roleText({ role, project, environment }: GivenRole): string {
  if (project === undefined) return role
  return `${role} in ${environment === undefined ? project : `${project}/${environment}`}`
}

function distinct(roles: readonly GivenRole[]): readonly GivenRole[] {
  return [...new Map(roles.map((it) => [roleText(it), it])).values()]
}

function without(these: readonly GivenRole[], those: readonly GivenRole[]): readonly GivenRole[] {
  const known = new Set(those.map(roleText))
  return these.filter((it) => !known.has(roleText(it)))
}

function both(these: readonly GivenRole[], those: readonly GivenRole[]): readonly GivenRole[] {
  const known = new Set(those.map(roleText))
  return these.filter((it) => known.has(roleText(it)))
}
