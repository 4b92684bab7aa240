import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { changeOfRoles, everywhere, groupsIn, rolesOf, roleText } from './provider-roles.ts'
import type { GivenRole, RoleRule } from './provider-roles.ts'

describe('groups', () => {
  test.each([
    [{ groups: ['a', 'b'] }, 'groups', ['a', 'b']],
    [{ groups: 'a' }, 'groups', ['a']],
    [{ groups: ['a', 7, null, { a: 1 }] }, 'groups', ['a']],
    [{ realm_access: { roles: ['a'] } }, 'realm_access.roles', ['a']],
    [{ 'https://acme.example/groups': ['a'] }, 'https://acme.example/groups', ['a']],
    [{ 'a.b': ['own'], a: { b: ['nested'] } }, 'a.b', ['own']],
    [{}, 'groups', []],
    [{ groups: null }, 'groups.constructor.name', []],
    [{}, '__proto__', []],
    [{}, 'constructor.name', []],
  ])('of %j at %s are %j', (claims, claim, groups) => {
    expect(groupsIn(claims, claim)).toEqual(groups)
  })
})

describe('roles of groups', () => {
  const rules: readonly RoleRule[] = [
    { group: 'ops', role: 'operations-lead' },
    { group: 'ops', role: 'developer', project: 'shop' },
    { group: 'dev', role: 'developer', project: 'shop' },
    { group: 'dev', role: 'developer', project: 'shop', environment: 'staging' },
  ]

  test('are each there once, wherever they hold', () => {
    expect(rolesOf(rules, ['dev', 'ops']).map(roleText)).toEqual([
      'operations-lead',
      'developer in shop',
      'developer in shop/staging',
    ])
    expect(rolesOf(rules, ['Dev'])).toEqual([])
  })

  test('a role that a person gave stays when the group is gone, one that the mapping gave falls', () => {
    const developer: GivenRole = { role: 'developer' }
    const lead: GivenRole = { role: 'technical-lead' }
    const first = changeOfRoles([developer], [], [developer, lead])
    expect(first).toEqual({ give: [lead], take: [], mapped: [lead] })
    expect(changeOfRoles([developer, lead], first.mapped, [])).toEqual({ give: [], take: [lead], mapped: [] })
  })

  test('what a person has taken away by hand is given again while the group is there, and is not taken twice', () => {
    const lead: GivenRole = { role: 'technical-lead' }
    expect(changeOfRoles([], [lead], [lead])).toEqual({ give: [lead], take: [], mapped: [lead] })
    expect(changeOfRoles([], [lead], [])).toEqual({ give: [], take: [], mapped: [] })
  })

  test('signing in twice with the same groups changes nothing, and nothing of others is ever taken', () => {
    const role = fc.record({
      role: fc.constantFrom('developer' as const, 'viewer' as const, 'product-owner' as const),
      project: fc.constantFrom(undefined, 'shop', 'mail'),
    })
    const roles = fc.uniqueArray(role, { selector: roleText })
    fc.assert(
      fc.property(roles, roles, roles, (byHand, before, wanted) => {
        const mine = before.filter((it) => !byHand.some((one) => roleText(one) === roleText(it)))
        const change = changeOfRoles([...byHand, ...mine], mine, wanted)
        const taken = change.take.map(roleText)
        expect(byHand.filter((it) => taken.includes(roleText(it)))).toEqual([])
        const after = [...byHand, ...mine, ...change.give].filter((it) => !taken.includes(roleText(it)))
        const names = new Set(after.map(roleText))
        expect([...byHand, ...wanted].every((it) => names.has(roleText(it)))).toBe(true)
        expect(names.size).toBe(new Set([...byHand, ...wanted].map(roleText)).size)
        expect(changeOfRoles(after, change.mapped, wanted)).toMatchObject({ give: [], take: [] })
      }),
      { seed: 7 },
    )
  })

  test('everywhere are those that name no project, in the order of the table', () => {
    expect(
      everywhere([{ role: 'viewer' }, { role: 'developer', project: 'shop' }, { role: 'administrator' }]),
    ).toEqual(['administrator', 'viewer'])
  })
})
