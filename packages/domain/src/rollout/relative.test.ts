/**
 * The relative Go, F5, watch criteria, means and the sample ratio, as a rollout meets them.
 */
import { describe, expect, it } from 'vitest'

import {
  act,
  decide,
  exposed,
  measurement,
  plan,
  QUIET,
  stage,
  step,
  until,
  windowOf,
  type Drive,
  type Reading,
} from '../../../../tests/support/rollout.ts'
import type { Guardrail, Watch, Window } from '../analysis/model.ts'
import { lintPlan } from './lint.ts'
import type { RolloutPlan } from './model.ts'
import { guardrail } from './plan.ts'
import { decisionSentence } from './sentence.ts'

const by = { by: 'anna', reason: 'because' }
const open = guardrail('errors', { kind: 'telemetry', counts: 'bad' })
const OUTAGE: Reading = [600, 590, 5400, 5]

/** A plan in which only a relative Go is possible. */
function relative(settings: Partial<RolloutPlan> = {}): RolloutPlan {
  const { absoluteOnly: _none, ...rest } = plan({ criteria: [open], ...settings })
  return rest
}

describe('a relative Go', () => {
  it('needs no ceiling, and says which regression is excluded', () => {
    const drive = exposed(relative())
    const decision = until(drive, (k) => [600, 4 + (k % 3), 5400, 45 + (k % 5)], 400)
    expect(decision).toMatchObject({ kind: 'advance', verdicts: [{ tier: 'R' }] })
    expect(decisionSentence(drive.plan, decision)).toContain('GO: less than 2 times the control')
  })

  it('is not given while the control has shown fewer than 20 bad events', () => {
    const drive = exposed(
      relative({ stages: [stage('only', [10], { maxMs: 60 * 60_000 }), stage('full', [100])] }),
    )
    const decision = until(drive, (k) => [600, 0, 5400, k < 19 ? 1 : 0])
    expect(decision).toMatchObject({ kind: 'hold', reason: 'inconclusive' })
    expect(decision.kind === 'hold' && decision.verdicts[0]).toMatchObject({
      lacks: expect.arrayContaining(['relative-control']),
    })
  })

  it('needs both the likelihood and the windows: one burst in the control is not enough', () => {
    const drive = exposed(
      relative({ stages: [stage('only', [10], { maxMs: 60 * 60_000 }), stage('full', [100])] }),
    )
    const decision = until(drive, (k) => [600, 0, 5400, k === 5 ? 300 : 0])
    expect(decision.kind === 'hold' && decision.verdicts[0]).toMatchObject({
      judgement: { relative: { controlBad: 300 } },
      lacks: expect.arrayContaining(['relative-block']),
    })
  })

  it('in one audience waves nobody through in another', () => {
    const staff = { ...stage('staff', [50]), audience: { id: 'staff', segment: 'staff' } }
    const drive = exposed(
      relative({ stages: [staff, stage('everybody', [10]), stage('full', [100])] }),
      [600, 6, 5400, 54],
    )
    const both = (k: number, everybody: Reading): Window => {
      const end = new Date((drive.rollout.watermark?.getTime() ?? 0) + 60_000)
      const healthy: Reading = [3000, 28 + (k % 4), 3000, 28 + ((k + 2) % 4)]
      const measured = [measurement('errors', { staff: healthy, everybody })]
      return { end, measurements: measured }
    }
    let k = 0
    const go = (everybody: Reading) => {
      k += 1
      const window = both(k, everybody)
      drive.now = new Date(window.end.getTime() + 120_000)
      return decide(drive, [window])
    }
    while (drive.rollout.state.kind === 'running' && drive.rollout.state.stage === 0) go([0, 0, 6000, 60])
    expect(drive.rollout.state).toMatchObject({ kind: 'running', stage: 1 })
    let decision = go([60, 1, 540, 5])
    while (decision.kind === 'wait') decision = go([60, 2, 540, 5])
    expect(decision.kind).toBe('roll-back')
  })
})

describe('F5', () => {
  const bursty = (settings: Partial<RolloutPlan> = {}) =>
    relative({ phi: 1000, phiReason: 'only the windows shall speak', ...settings })

  it('rolls back by the windows alone where the dispersion hides the harm', () => {
    const drive = exposed(bursty(), [600, 6, 5400, 54])
    expect(until(drive, (k) => [600, 16 + (k % 5), 5400, 50 + (k % 9)])).toMatchObject({
      kind: 'roll-back',
      cause: { breach: { test: 'F5' } },
    })
  })

  it('is silent while more are exposed than not, and before 20 bad events of the control in the stage', () => {
    const held = stage('held back', [95], { maxMs: 900 * 60_000 })
    const drive = exposed(bursty({ stages: [held, stage('full', [100])] }), [600, 6, 600, 6])
    for (let k = 0; k < 200; k++) step(drive, [5700, 150 + (k % 5), 300, 3 + (k % 2)])
    expect(drive.rollout.evidence['errors']?.breach).toBeUndefined()
    const few = exposed(bursty(), [600, 6, 5400, 54])
    for (let k = 0; k < 60; k++) step(few, [600, 5, 5400, k % 4 === 0 ? 1 : 0])
    expect(few.rollout.evidence['errors']?.breach).toBeUndefined()
  })
})

describe('a watch criterion', () => {
  const slow: Watch = { ...guardrail('slow', { kind: 'telemetry', counts: 'slow' }), role: 'watch' }
  const watched = plan({ criteria: [...plan().criteria, slow] })

  it('is accepted by the plan check, needs no ceiling, and asks for nothing', () => {
    expect(lintPlan(watched, {}).filter(({ severity }) => severity === 'error')).toEqual([])
    const drive = exposed(watched)
    const decision = until(drive, (k) => (k % 2 === 0 ? [600, 0, 5400, 9] : QUIET))
    expect(decision).toMatchObject({
      kind: 'advance',
      verdicts: [{ criterion: 'errors' }, { criterion: 'slow', kind: 'go', tier: 'watch' }],
    })
  })

  it('holds when breached, never rolls back, and goes on when 30 windows show it no more; then starts afresh', () => {
    const drive = exposed(watched)
    const decision = pair(drive, QUIET, [600, 60, 5400, 50])
    expect(decision).toMatchObject({ kind: 'hold', reason: 'watch', page: false })
    expect(decisionSentence(drive.plan, decision)).toContain('hold until 30 windows show it no more')
    // Not before there are 30 windows to look at.
    for (let k = 0; k < 26; k++)
      expect(pair(drive, QUIET, [600, 4, 5400, 50])).toMatchObject({ kind: 'wait', reason: 'held' })
    expect(drive.rollout.evidence['slow']?.watched).toBeDefined()
    let back = pair(drive, QUIET, [600, 4, 5400, 50])
    while (back.kind === 'wait') back = pair(drive, QUIET, [600, 4, 5400, 50])
    expect(back).toMatchObject({ kind: 'resume-from-hold', reason: 'watch' })
    expect(drive.rollout.evidence['slow']?.audiences['everybody']?.harm.k).toBe(0)
  })

  it('gives no healthy window while it is breached', () => {
    const drive = exposed(watched)
    pair(drive, QUIET, [600, 60, 5400, 50])
    expect(drive.rollout.state).toMatchObject({
      kind: 'held',
      from: { progress: { windows: 1, healthy: 0 } },
    })
  })

  it('never hides harm', () => {
    const drive = exposed(watched)
    pair(drive, QUIET, [600, 60, 5400, 50])
    expect(pair(drive, OUTAGE, QUIET)).toMatchObject({ kind: 'roll-back' })
  })
})

describe('a mean', () => {
  const revenue: Guardrail = {
    ...guardrail('revenue', { kind: 'prometheus', connection: 'main', bad: 'revenue', total: 'visits' }),
    mean: { worse: 'lower' },
    safeRatio: 1.2,
    harmRatio: 1.05,
  }
  const withMean = relative({ criteria: [revenue] })

  it('that stays as it was is Go by its windows alone, whatever both arms do together', () => {
    const drive = exposed(withMean, [600, 6000, 5400, 54_000])
    const decision = until(drive, (k) => {
      const common = 10 + 5 * Math.sin(k / 7)
      return [600, 600 * common + 40 * (k % 5), 5400, 5400 * common + 300 * ((k + 2) % 5)]
    })
    expect(decision).toMatchObject({ kind: 'advance', verdicts: [{ tier: 'R' }] })
    expect(decisionSentence(drive.plan, decision)).toMatch(
      /revenue: mean \d+.*, control \d+.* \(.* % ± .* %\)/,
    )
  })

  it('that falls is rolled back, and a sum above the number of events is no wrong query', () => {
    const drive = exposed(withMean, [600, 6000, 5400, 54_000])
    const decision = until(drive, (k) => [600, 4000 + 300 * (k % 4), 5400, 54_000 + 900 * (k % 3)])
    expect(decision).toMatchObject({
      kind: 'roll-back',
      cause: { breach: { test: 'F4', criterion: 'revenue' } },
    })
  })

  it('is refused of built-in telemetry, which has no values', () => {
    const findings = lintPlan(relative({ criteria: [{ ...open, mean: { worse: 'higher' } }] }), {})
    expect(findings.map(({ id }) => id)).toContain('mean-source')
  })
})

describe('a sample-ratio mismatch', () => {
  it('holds, pages, and needs a person, after whom the split is counted anew', () => {
    const drive = exposed(plan({ stages: [stage('half', [50]), stage('full', [100])] }))
    expect(withKeys(drive, 500, 500)).toMatchObject({ kind: 'wait' })
    let decision = withKeys(drive, 400, 500)
    while (decision.kind === 'wait') decision = withKeys(drive, 400, 500)
    expect(decision).toMatchObject({ kind: 'hold', reason: 'sample-ratio', page: true })
    expect(withKeys(drive, 500, 500)).toMatchObject({ kind: 'wait', reason: 'held' })
    act(drive, { kind: 'resume', ...by })
    expect(withKeys(drive, 500, 500).kind).toBe('wait')
    expect(drive.rollout.state.kind).toBe('running')
  })

  it('never suppresses harm', () => {
    const drive = exposed(plan({ stages: [stage('half', [50]), stage('full', [100])] }))
    let decision = withKeys(drive, 300, 500)
    while (decision.kind === 'wait') decision = withKeys(drive, 300, 500)
    expect(decision).toMatchObject({ kind: 'hold', reason: 'sample-ratio' })
    expect(step(drive, OUTAGE)).toMatchObject({ kind: 'roll-back' })
  })

  it('leaves out the windows around a change of the share', () => {
    const drive = exposed(plan())
    until(drive, QUIET)
    const before = drive.rollout.split
    withKeys(drive, 1000, 0)
    withKeys(drive, 1000, 0)
    expect(drive.rollout.split).toEqual(before)
  })

  it('is not available, and never computed on requests, where keys are not reported', () => {
    const drive = exposed(plan())
    for (let k = 0; k < 20; k++) step(drive, [5000, 0, 1000, 0])
    expect(drive.rollout.split).toBeUndefined()
  })
})

function pair(drive: Drive, errors: Reading, slow: Reading) {
  const end = new Date((drive.rollout.watermark?.getTime() ?? 0) + 60_000)
  drive.now = new Date(end.getTime() + 120_000)
  const measurements = [
    measurement('errors', { everybody: errors }),
    measurement('slow', { everybody: slow }),
  ]
  return decide(drive, [{ end, measurements }])
}

function withKeys(drive: Drive, exposedKeys: number, controlKeys: number) {
  const end = new Date((drive.rollout.watermark?.getTime() ?? 0) + 60_000)
  drive.now = new Date(end.getTime() + 120_000)
  const keys = [{ audience: 'everybody', exposed: exposedKeys, control: controlKeys }]
  return decide(drive, [{ ...windowOf(drive.plan, end, QUIET), keys }])
}
