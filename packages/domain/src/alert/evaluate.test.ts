import { describe, expect, it } from 'vitest'

import { defaultPlan, guardrail } from '../rollout/plan.ts'
import type { ServedPlan } from '../rollout/served-plan.ts'
import { alertRulesOf, evaluateAlert } from './evaluate.ts'

const rule = { id: 'errors', counts: 'bad', threshold: 0.02 } as const

describe('an alert rule', () => {
  it.each([
    ['fires above its threshold', [{ n: 100, x: 3 }], 'firing'],
    ['is quiet at its threshold', [{ n: 100, x: 2 }], 'quiet'],
    [
      'adds samples up',
      [
        { n: 50, x: 0 },
        { n: 50, x: 3 },
      ],
      'firing',
    ],
    ['says nothing of a few requests', [{ n: 19, x: 19 }], 'no_data'],
    ['says nothing of none', [], 'no_data'],
  ])('P-S4-3 %s', (_, samples, state) => {
    expect(evaluateAlert(rule, samples).state).toBe(state)
  })

  it('P-S4-3 stands at the ceiling of its criterion, or at the hard floor where it has none', () => {
    const plan: ServedPlan = {
      ...defaultPlan({ staff: 'staff', beta: 'beta' }, [
        guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.02 }),
        guardrail('slow', { kind: 'telemetry', counts: 'slow' }),
      ]),
      environment: 'production',
      treatment: 'on',
      control: 'off',
      bucketBy: 'targetingKey',
      expectedKeys: 20_000,
    }
    expect(alertRulesOf(plan)).toEqual([
      { id: 'errors', counts: 'bad', threshold: 0.02 },
      { id: 'slow', counts: 'slow', threshold: 0.5 },
    ])
  })
})
