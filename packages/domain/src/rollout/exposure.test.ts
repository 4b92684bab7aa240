import { compile, evaluate, type EvaluationContext } from '@flagmarshal/evaluation'
import { describe, expect, it } from 'vitest'

import { expectedShare, rolloutRule, type RuleIdentity } from './exposure.ts'
import type { RolloutState, Running } from './model.ts'
import { defaultPlan, guardrail } from './plan.ts'
import { nextStep, type Step } from './position.ts'

const identity: RuleIdentity = {
  ruleId: 'rollout',
  name: 'Rollout',
  rolloutId: 'r1',
  attempt: 1,
  treatment: 'on',
  control: 'off',
  by: 'targetingKey',
  salt: 'a-salt',
  keySampleRate: 1,
}

const plan = defaultPlan({ staff: 'staff', beta: 'beta' }, [
  guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.01 }),
])

const progress = { windows: 0, healthy: 0 }
const observing = { kind: 'observing', progress } as const
const at = (step: Step): Running => ({ kind: 'running', ...step, progress, stageWindows: 0 })
const byHand = { kind: 'person', by: 'anna', reason: 'because' } as const

/** Every tenth is staff, every fifth of the rest a beta user. */
const contexts: EvaluationContext[] = Array.from({ length: 2000 }, (_, k) => ({
  targetingKey: `user-${k}`,
  group: k % 10 === 0 ? 'staff' : k % 5 === 0 ? 'beta' : 'none',
}))

describe('the rule of a rollout', () => {
  it('takes nobody out who was exposed, through all stages to 100 %', () => {
    let before = new Set<number>()
    for (const step of steps()) {
      const now = served(at(step), 'on')
      for (const index of before) expect(now.has(index)).toBe(true)
      expect(now.size).toBeGreaterThan(before.size)
      before = now
    }
    expect(served({ kind: 'completed' }, 'on').size).toBe(contexts.length)
  })

  it('keeps the holdback out at the last increment only', () => {
    const last = served(at({ stage: 3, increment: 0 }), 'on').size / contexts.length
    expect(last).toBeGreaterThan(0.93)
    expect(last).toBeLessThan(0.98)
  })

  it('has both arms in every audience while observing, and serves the control variant to all', () => {
    expect(served(observing, 'on').size).toBe(0)
    const arms = evaluations(observing).map((each) => `${each.audience}/${each.arm}`)
    expect([...new Set(arms)].toSorted()).toEqual([
      'beta/control',
      'beta/exposed',
      'everybody/control',
      'everybody/exposed',
      'internal/control',
      'internal/exposed',
    ])
  })

  it('gives each context to the first audience that matches', () => {
    const audiences = evaluations(at({ stage: 2, increment: 0 })).map((each) => each.audience)
    contexts.forEach(({ group }, index) => {
      expect(audiences[index]).toBe(group === 'staff' ? 'internal' : group === 'none' ? 'everybody' : 'beta')
    })
  })

  it('serves nobody outside the audiences reached so far', () => {
    const outside = evaluations(at({ stage: 0, increment: 1 })).filter((each) => each.arm === 'outside')
    expect(outside.length).toBe(contexts.filter(({ group }) => group !== 'staff').length)
    expect(outside.every((each) => each.variant === 'off')).toBe(true)
  })

  it('serves control to everybody once rolled back, with the arms as they were', () => {
    const from = at({ stage: 2, increment: 1 })
    const states: RolloutState[] = [
      { kind: 'rolling_back', cause: byHand, from },
      { kind: 'rolled_back', cause: byHand, from },
      { kind: 'rollback_failed', cause: byHand, from, failure: 'no answer' },
      { kind: 'aborted', by: 'anna', reason: 'because', from },
    ]
    const exposed = evaluations(from).map(({ arm }) => arm)
    for (const state of states) {
      expect(served(state, 'on').size).toBe(0)
      expect(evaluations(state).map(({ arm }) => arm)).toEqual(exposed)
    }
  })

  it('is the same while held or paused, and none before the start', () => {
    const from = at({ stage: 1, increment: 0 })
    const rule = rolloutRule(plan, from, identity)
    expect(rolloutRule(plan, { kind: 'held', reason: 'blind', from }, identity)).toEqual(rule)
    expect(rolloutRule(plan, { kind: 'paused', by: 'anna', reason: 'lunch', from }, identity)).toEqual(rule)
    expect(rolloutRule(plan, { kind: 'scheduled' }, identity)).toBeUndefined()
    expect(rolloutRule(plan, { kind: 'aborted', by: 'anna', reason: 'because' }, identity)).toBeUndefined()
  })
})

describe('the expected share of everybody', () => {
  it('adds up the audiences reached so far', () => {
    const shares = { internal: 0.02, beta: 0.08 }
    expect(expectedShare(plan, { stage: 0, increment: 0 }, shares)).toBeCloseTo(0.01, 12)
    expect(expectedShare(plan, { stage: 1, increment: 1 }, shares)).toBeCloseTo(0.1, 12)
    expect(expectedShare(plan, { stage: 2, increment: 0 }, shares)).toBeCloseTo(0.19, 12)
    expect(expectedShare(plan, { stage: 3, increment: 0 }, shares)).toBeCloseTo(0.955, 12)
  })
})

function steps(): Step[] {
  const all: Step[] = []
  for (
    let step: Step | undefined = { stage: 0, increment: 0 };
    step !== undefined;
    step = nextStep(plan, step)
  )
    all.push(step)
  return all
}

function served(state: RolloutState, variant: string): Set<number> {
  return new Set(evaluations(state).flatMap((each, index) => (each.variant === variant ? [index] : [])))
}

function evaluations(state: RolloutState) {
  const rule = rolloutRule(plan, state, identity)
  const compiled = compile({
    flags: [
      {
        key: 'flag',
        kind: 'release',
        valueType: 'boolean',
        variants: { on: true, off: false },
        enabled: true,
        offVariant: 'off',
        rules: rule === undefined ? [] : [rule],
        fallthrough: { variant: 'off' },
      },
    ],
    segments: ['staff', 'beta'].map((key) => ({
      key,
      when: { attribute: 'group', op: 'equals', values: [key] },
    })),
  })
  return contexts.map((context) => {
    const evaluation = evaluate(compiled, 'flag', 'boolean', context)
    if (!('variant' in evaluation)) throw new Error(evaluation.errorMessage)
    return evaluation
  })
}
