import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { lintLife, lintStrategy } from './lint.ts'
import { proposeStrategy } from './propose.ts'

const now = new Date('2026-03-02T10:00:00Z')
const facts = { layers: ['backend', 'frontend'] as const, owner: 'shop', now }

describe('P-S1-9 a proposed strategy', () => {
  it('takes more and smaller stages the higher the risk, and says why', () => {
    const high = proposeStrategy({ ...facts, riskLevel: 'high', required: 'immediate' })
    expect(high.strategy.rollout).toEqual({ gradual: true, targetPercents: [5, 10, 25, 50, 100] })
    expect(high.reasons.find((it) => it.field === 'rollout.gradual')?.because).toContain('high risk')
    const low = proposeStrategy({ ...facts, riskLevel: 'low', required: 'immediate' })
    expect(low.strategy).toMatchObject({ approach: 'boolean', rollout: { gradual: false } })
  })

  it('quotes the risk tolerance', () => {
    const { reasons } = proposeStrategy({ ...facts, required: 'gradual', maxExposedUsers: 500 })
    expect(reasons.find((it) => it.field === 'rollout.targetPercents')?.because).toContain('500 users')
  })

  it('keeps every consistency rule, whatever the facts', () => {
    fc.assert(
      fc.property(
        fc.record({
          kind: fc.constantFrom('release' as const, 'permission' as const, 'ops' as const),
          riskLevel: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
          required: fc.constantFrom('gradual' as const, 'immediate' as const),
        }),
        (some) => {
          const { strategy } = proposeStrategy({ ...facts, ...some })
          const agreed = { codeLayers: facts.layers, required: some.required }
          // What a review says of the risk is judged with it.
          const review = { scope: '', complexity: 'low' as const, userImpact: '', dependencies: [] }
          const reviewed = { ...strategy, review: { ...review, riskLevel: some.riskLevel } }
          expect(lintStrategy(reviewed, agreed)).toEqual([])
          expect(lintLife(strategy)).toEqual([])
        },
      ),
      { seed: 20261125, numRuns: 100 },
    )
  })
})
