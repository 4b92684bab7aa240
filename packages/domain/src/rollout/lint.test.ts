import { describe, expect, it } from 'vitest'

import { plan as testPlan, stage } from '../../../../tests/support/rollout.ts'
import { lintPlan, type LintFacts } from './lint.ts'
import type { RolloutPlan } from './model.ts'
import { defaultPlan, guardrail } from './plan.ts'

const errors = guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.01 })
const complaints = { id: 'complaints', role: 'report', severity: 'minor', max: 3, onFail: 'hold' } as const
const standard = defaultPlan({ staff: 'staff', beta: 'beta' }, [errors])

/** Ids of the errors of a plan. */
function refused(plan: RolloutPlan, facts: LintFacts = {}): string[] {
  return lintPlan(plan, facts).flatMap(({ id, severity }) => (severity === 'error' ? [id] : []))
}

function warned(plan: RolloutPlan, facts: LintFacts = {}): string[] {
  return lintPlan(plan, facts).flatMap(({ id, severity }) => (severity === 'warning' ? [id] : []))
}

describe('a plan that is in order', () => {
  it('the default plan has no error, within its limits', () => {
    const facts = { segments: ['staff', 'beta'], audienceShares: { internal: 0.02, beta: 0.05 } }
    expect(refused(standard, facts)).toEqual([])
    expect(warned(standard, facts)).toEqual([])
  })

  it('the plan of the tests has no finding at all', () => {
    expect(lintPlan(testPlan(), {})).toEqual([])
  })
})

describe('a plan is refused when', () => {
  const cases: readonly (readonly [string, string, Partial<RolloutPlan>])[] = [
    ['it has no stage', 'no-stage', { stages: [] }],
    ['it has no guardrail', 'no-guardrail', { criteria: [] }],
    ['a stage exposes nobody', 'no-increment', { stages: [stage('none', []), stage('full', [100])] }],
    ['a percentage is impossible', 'percent', { stages: [stage('gradual', [0, 50]), stage('full', [100])] }],
    [
      'percentages fall within an audience',
      'percent-falls',
      { stages: [stage('gradual', [50, 10]), stage('full', [100])] },
    ],
    [
      'percentages fall from stage to stage',
      'percent-falls',
      { stages: [stage('gradual', [50]), stage('full', [40, 100])] },
    ],
    ['the last stage is not everybody at 100 %', 'last-stage', { stages: [stage('gradual', [10, 50])] }],
    [
      'the holdback would take people out',
      'holdback',
      { stages: [stage('gradual', [98]), stage('full', [100])] },
    ],
    [
      'an increment bakes below 30 windows',
      'bake-too-short',
      { stages: [stage('fast', [10, 50, 100], { bakeMs: 80 * 60_000 })] },
    ],
    [
      'the maximum is not above the bake time',
      'stage-time',
      { stages: [stage('full', [100], { maxMs: 1000 })] },
    ],
    ['alpha is no chance', 'alpha', { alpha: 0 }],
    ['beta is no chance', 'beta', { beta: 1 }],
    ['windows have no length', 'window-length', { windowMs: 0 }],
    ['nothing is observed without a reason', 'observe-reason', { observeWindows: 0 }],
    ['the dispersion is below 1', 'phi', { phi: 0.5 }],
    ['a declared dispersion has no reason', 'phi-reason', { phiReason: ' ' }],
    ['two criteria have one id', 'criterion-twice', { criteria: [errors, errors] }],
    ['a ceiling is no share', 'ceiling', { criteria: [{ ...errors, ceiling: 1 }] }],
    ['safeRatio does not lie above harmRatio', 'safe-ratio', { criteria: [{ ...errors, safeRatio: 1.1 }] }],
    ['harmRatio is below 1', 'harm-ratio', { criteria: [{ ...errors, harmRatio: 0.9 }] }],
    ['the hard floor is 0', 'hard-floor', { criteria: [{ ...errors, hardFloor: 0 }] }],
    ['a mean is asked of telemetry', 'mean-source', { criteria: [{ ...errors, mean: { worse: 'higher' } }] }],
    [
      'a report criterion names a stage that is not there',
      'report-stage',
      { criteria: [errors, { ...complaints, stages: ['nowhere'] }] },
    ],
    [
      'feedback of nobody would be enough',
      'feedback-least',
      { criteria: [errors, { ...complaints, feedback: { least: 0, positive: 0.8 } }] },
    ],
    [
      'a checkpoint is no time',
      'checkpoint',
      { reviews: { checkpoints: ['soon'], role: 'operations-lead' } },
    ],
    ['nobody ever reviews', 'no-review', { reviews: { checkpoints: [], role: 'operations-lead' } }],
    ['it watches for a negative time', 'watch-time', { watchMs: -1 }],
    [
      'an audience comes after everybody',
      'audience-order',
      {
        stages: [
          stage('gradual', [10]),
          stage('late', [50], { audience: { id: 'beta', segment: 'beta' } }),
          stage('full', [100]),
        ],
      },
    ],
  ]

  it.each(cases)('%s', (_title, id, settings) => {
    expect(refused(testPlan(settings))).toContain(id)
  })

  it('a criterion without a ceiling meets a stage without a control', () => {
    const { ceiling: _none, ...open } = errors
    const alone = testPlan({ criteria: [open], stages: [stage('full', [100])], holdback: 0 })
    expect(lintPlan(alone, {})).toMatchObject([{ id: 'ceiling-missing', path: '/criteria/0/ceiling' }])
  })

  it('an audience changes its segment between stages', () => {
    const stages = [
      stage('one', [50], { audience: { id: 'beta', segment: 'beta' } }),
      stage('two', [100], { audience: { id: 'beta', segment: 'gamma' } }),
      stage('full', [100]),
    ]
    expect(refused(testPlan({ stages }))).toEqual(['audience-changed'])
  })
})

describe('with what is known of the world, a plan is refused when', () => {
  it('a segment does not exist', () => {
    expect(refused(standard, { segments: ['staff'] })).toEqual(['segment-missing'])
  })

  it('a stage is expected to expose more of everybody than its limit', () => {
    const findings = lintPlan(standard, { audienceShares: { internal: 0.2, beta: 0.05 } })
    expect(findings[0]).toMatchObject({ id: 'limit', severity: 'error', path: '/stages/0/increments/0' })
    expect(findings[0]?.message).toBe(
      '50 % of stage internal is expected to be 10 % of everybody, above its limit of 5 %',
    )
  })

  it('the plan would not see what exceeds the agreed risk', () => {
    expect(refused(standard, { riskTolerance: { maxErrorRatio: 1.5 } })).toEqual(['risk-ratio'])
  })

  it('P-S3-5 slow requests are held against the agreed latency, errors against the agreed errors', () => {
    const slow = guardrail('slow', { kind: 'telemetry', counts: 'slow' }, { ceiling: 0.1 })
    const plan = testPlan({ criteria: [errors, slow] })
    const findings = lintPlan(plan, { riskTolerance: { maxErrorRatio: 2, maxSlowRatio: 1.5 } })
    expect(findings).toMatchObject([{ id: 'risk-ratio', path: '/criteria/1/safeRatio' }])
  })

  it('more would be exposed than agreed before a person looks', () => {
    const facts = {
      audienceShares: { internal: 0.02, beta: 0.05 },
      riskTolerance: { maxExposedBeforeReview: 0.005 },
    }
    expect(refused(standard, facts)).toEqual(['risk-exposure'])
  })
})

describe('a reviewer is warned', () => {
  it('when nothing is observed', () => {
    expect(warned(testPlan({ observeWindows: 0, observeReason: 'an urgent fix' }))).toEqual(['not-observed'])
  })

  it('when an increment exposes nobody new', () => {
    const stages = [stage('gradual', [10, 10]), stage('full', [100])]
    expect(warned(testPlan({ stages }), { audienceShares: {} })).toEqual(['nobody-new'])
  })

  it('a demonstration may bake shorter', () => {
    expect(refused(testPlan({ stages: [stage('full', [100], { bakeMs: 1000 })], demo: true }))).toEqual([])
  })

  it('when the traffic cannot show what a stage is there to show', () => {
    const traffic = { everybody: { perMinute: 6, badShare: 0.001 } }
    const findings = lintPlan(testPlan(), { traffic })
    expect([...new Set(findings.map(({ id }) => id))]).toEqual(['underpowered', 'go-out-of-reach'])
    expect(findings[0]?.message).toMatch(
      /^errors: at this traffic a regression of 2 times is seen in about \d+ d; 10 % of stage gradual bakes 30 min; \d+ d would be enough$/,
    )
    expect(lintPlan(testPlan(), { traffic: { everybody: { perMinute: 60_000, badShare: 0.002 } } })).toEqual(
      [],
    )
  })
})
