/** What somebody may do in one place. */
import { describe, expect, test } from 'vitest'

import { authorityFor, projectsSeenBy } from './authority.ts'
import type { Asked, Holder } from './authority.ts'
import { PERMISSIONS } from './permission.ts'

const SHOP = { project: 'shop' }
const STAGING = { project: 'shop', environment: 'staging' }
const PRODUCTION = { project: 'shop', environment: 'production' }
const person = (more: Partial<Holder>): Holder => ({ kind: 'user', roles: [], ...more })

function may(holder: Holder, asked: Asked): boolean {
  return authorityFor(holder, asked).allowed
}

describe('a role in one environment', () => {
  const ann = person({ grants: [{ role: 'developer', ...STAGING }] })

  test.each([
    ['writes there', { can: 'flag:write', ...STAGING }, true],
    ['writes in no other environment', { can: 'flag:write', ...PRODUCTION }, false],
    ['turns off there', { can: 'flag:kill', ...STAGING }, true],
    ['turns off in no other environment', { can: 'flag:kill', ...PRODUCTION }, false],
    ['reads the other environments', { can: 'flag:read', ...PRODUCTION }, true],
    ['reads the project', { can: 'project:read', ...SHOP }, true],
    ['prepares what serves nobody', { can: 'flag:write', ...SHOP, exposes: 'never' }, true],
    ['changes nothing of the whole project', { can: 'flag:write', ...SHOP }, false],
    ['works in no run', { can: 'procedure:write', ...SHOP }, false],
    ['finds nothing in another project', { can: 'flag:read', project: 'bank' }, false],
    ['knows who it is', { can: 'self:read' }, true],
    ['does not read the audit of the installation', { can: 'audit:read' }, false],
  ] as const)('%s', (_, asked, allowed) => {
    expect(may(ann, asked)).toBe(allowed)
  })

  test('counts as a role for decisions there alone', () => {
    expect(authorityFor(ann, { can: 'flag:write', ...STAGING }).roles).toEqual(['developer'])
    expect(authorityFor(ann, { can: 'flag:read', ...PRODUCTION }).roles).toEqual([])
    expect(authorityFor(ann, { can: 'flag:read', ...SHOP }).roles).toEqual([])
  })
})

test('a role in one project counts in all of it, beside those held everywhere', () => {
  const bo = person({ roles: ['viewer'], grants: [{ role: 'technical-lead', project: 'shop' }] })
  expect(authorityFor(bo, { can: 'procedure:decide', ...SHOP })).toMatchObject({
    allowed: true,
    roles: ['technical-lead', 'viewer'],
  })
  expect(may(bo, { can: 'rollout:operate', ...PRODUCTION })).toBe(true)
  expect(may(bo, { can: 'procedure:decide', project: 'bank' })).toBe(false)
  expect(may(bo, { can: 'audit:read' })).toBe(true)
  expect(projectsSeenBy(bo)).toBeUndefined()
  expect(projectsSeenBy(person({ grants: [{ role: 'viewer', project: 'shop' }] }))).toEqual(['shop'])
})

test('a token for one environment writes there alone, whatever its person may', () => {
  const token = person({ roles: ['technical-lead'], ...STAGING })
  expect(may(token, { can: 'flag:write', ...STAGING })).toBe(true)
  expect(may(token, { can: 'flag:write', ...PRODUCTION })).toBe(false)
  expect(may(token, { can: 'rollout:operate', ...SHOP })).toBe(false)
  expect(may(token, { can: 'flag:read', ...SHOP })).toBe(true)
  expect(may(token, { can: 'flag:write', ...SHOP, exposes: 'never' })).toBe(true)
  expect(may(token, { can: 'procedure:write' })).toBe(false)
})

test('a token for some permissions allows no others, and adds none', () => {
  const token = person({ roles: ['developer'], permissions: ['flag:read', 'access:write'] })
  const allowed = PERMISSIONS.filter((can) => may(token, { can, ...SHOP }))
  expect(allowed).toEqual(['self:read', 'flag:read'])
})

describe('an agent', () => {
  const agent: Holder = { kind: 'agent', roles: [], ...SHOP }

  test('never decides, never switches on, and changes no flag that somebody has', () => {
    for (const can of ['draft:decide', 'procedure:decide', 'rollout:operate', 'flag:write'] as const)
      expect(may(agent, { can, ...SHOP }), can).toBe(false)
    expect(may(agent, { can: 'flag:write', ...STAGING })).toBe(false)
    expect(may(agent, { can: 'procedure:write', ...SHOP, exposes: 'may' })).toBe(false)
  })

  test('reads, writes the papers of a run, proposes, and turns off', () => {
    for (const can of ['flag:read', 'procedure:write'] as const)
      expect(may(agent, { can, ...SHOP })).toBe(true)
    expect(may(agent, { can: 'flag:write', ...SHOP, exposes: 'never' })).toBe(true)
    expect(may(agent, { can: 'flag:kill', ...PRODUCTION })).toBe(true)
  })
})

test('the token of an automation writes nothing of the installation', () => {
  const service: Holder = { kind: 'service', roles: [], ...SHOP }
  expect(may(service, { can: 'procedure:write', ...SHOP })).toBe(true)
  expect(may(service, { can: 'procedure:write' })).toBe(false)
  expect(may(service, { can: 'audit:read' })).toBe(false)
  expect(projectsSeenBy(service)).toEqual(['shop'])
})
