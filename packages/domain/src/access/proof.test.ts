/** Step-up for signatures: what counts, and for how long. */
import { describe, expect, test } from 'vitest'

import { whyUnproven } from './proof.ts'
import type { ProofMethod } from './proof.ts'

const NOW = new Date('2026-03-02T10:00:00Z')

function proof(method: ProofMethod, minutesAgo: number) {
  return { method, at: new Date(NOW.getTime() - minutesAgo * 60_000) }
}

describe('a signature', () => {
  test('needs nothing where the project wants nothing', () => {
    expect(whyUnproven(undefined, undefined, NOW)).toBeUndefined()
  })

  test.each([
    ['second-factor', 'totp', 5, true],
    ['second-factor', 'recovery-code', 5, true],
    ['second-factor', 'totp', 6, false],
    ['second-factor', 'password', 0, false],
    ['second-factor', 'oidc', 0, false],
    ['sign-in', 'password', 5, true],
    ['sign-in', 'oidc', 5, true],
    ['sign-in', 'totp', 0, true],
    ['sign-in', 'password', 6, false],
  ] as const)('with the policy %s, %s given %i minutes ago: %s', (wanted, method, ago, taken) => {
    const no = whyUnproven({ proof: wanted, minutes: 5 }, proof(method, ago), NOW)
    expect(no?.code).toBe(taken ? undefined : 'proof-needed')
  })

  test('is not taken from somebody who has proved nothing', () => {
    const no = whyUnproven({ proof: 'sign-in', minutes: 60 }, undefined, NOW)
    expect(no?.message).toContain('within the last 60 minutes')
  })
})
