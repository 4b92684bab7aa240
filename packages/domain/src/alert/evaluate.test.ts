import { describe, expect, it } from 'vitest'

import { defaultPlan, guardrail } from '../rollout/plan.ts'
import type { ServedPlan } from '../rollout/served-plan.ts'
import { evaluateAlert } from './evaluate.ts'
import { alertRulesOf } from './rule.ts'

const rule = { threshold: 0.02 }

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
    expect(evaluateAlert(rule, [samples]).state).toBe(state)
  })

  it('P-S4-3 fires only while every one of its windows is above the threshold', () => {
    const [high, low] = [[{ n: 100, x: 30 }], [{ n: 1_000, x: 10 }]]
    expect(evaluateAlert(rule, [high, high]).state).toBe('firing')
    expect(evaluateAlert(rule, [high, low]).state).toBe('quiet')
    expect(evaluateAlert(rule, [low, high]).state).toBe('quiet')
    expect(evaluateAlert(rule, [high, []]).state).toBe('no_data')
  })

  it('P-S4-3 stands at the ceiling of its criterion, or at the hard floor where it has none', () => {
    const rules = alertRulesOf(
      planWith([
        guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.02 }),
        guardrail('slow', { kind: 'telemetry', counts: 'slow' }),
      ]),
    )
    expect(rules.map((it) => [it.id, it.class, it.urgency, it.threshold])).toEqual([
      ['errors', 'error-rate', 'page', 0.02],
      ['errors-outage', 'critical', 'page', 0.5],
      ['errors-burn-1h', 'error-rate', 'page', expect.closeTo(0.288, 10)],
      ['errors-burn-6h', 'error-rate', 'page', expect.closeTo(0.12, 10)],
      ['errors-burn-24h', 'error-rate', 'ticket', expect.closeTo(0.06, 10)],
      ['errors-burn-72h', 'error-rate', 'ticket', expect.closeTo(0.02, 10)],
      ['slow', 'critical', 'page', 0.5],
    ])
  })

  it('P-S4-3 has no rule for a mean: a sum of values is no share', () => {
    const found = guardrail('found', { kind: 'telemetry', counts: 'bad' }, { ceiling: 3 })
    expect(alertRulesOf(planWith([{ ...found, mean: { worse: 'higher' } }]))).toEqual([])
  })

  it('P-S4-3 leaves out a burn that no share could reach', () => {
    const rules = alertRulesOf(
      planWith([guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.1 })]),
    )
    expect(rules.map((it) => it.id)).toEqual([
      'errors',
      'errors-outage',
      'errors-burn-6h',
      'errors-burn-24h',
      'errors-burn-72h',
    ])
  })
})

function planWith(criteria: ServedPlan['criteria']): ServedPlan {
  return {
    ...defaultPlan({ staff: 'staff', beta: 'beta' }, []),
    criteria,
    environment: 'production',
    treatment: 'on',
    control: 'off',
    bucketBy: 'targetingKey',
    expectedKeys: 20_000,
  }
}
