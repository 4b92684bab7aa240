/**
 * Defects of existing rollout controllers, each with its own test that it cannot happen here. Those that
 * need servers, a database or a metric source have theirs beside: `server/test/rollout-defects.test.ts` (clock
 * jumps, route and status written apart, a backlog and two advancers #6330), `rollout-replicas.test.ts` (two
 * writers #2522), `rollout-people.test.ts` (#1801, #4461, #1816), `tests/monitoring` (provider errors, several series).
 */
import { describe, expect, it } from 'vitest'

import {
  act,
  begin,
  decide,
  exposed,
  plan,
  QUIET,
  stage,
  step,
  until,
  windowOf,
  type Reading,
} from '../../../../tests/support/rollout.ts'
import { assess } from '../analysis/assess.ts'
import type { UnknownKind } from '../analysis/model.ts'
import { isRefusal } from '../refusal.ts'
import { rolloutRule } from './exposure.ts'
import { lintPlan } from './lint.ts'
import { guardrail } from './plan.ts'
import { dueWindows } from './schedule.ts'
import { transition } from './transition.ts'

const by = { by: 'anna', reason: 'because' }
const OUTAGE: Reading = [600, 590, 5400, 5]
const UNKNOWN: readonly UnknownKind[] = [
  'provider_error',
  'bad_query',
  'empty',
  'zero_traffic',
  'nan',
  'stale',
  'partial',
  'ambiguous',
]

describe('defects that must not exist here: Argo Rollouts', () => {
  it('an outage of the metric source never aborts, however long (the 5th error in a row aborts)', () => {
    const drive = exposed(plan())
    expect(until(drive, 'provider_error')).toMatchObject({ kind: 'hold', reason: 'blind', page: true })
    for (let window = 0; window < 500; window++) expect(step(drive, 'provider_error').kind).toBe('wait')
    expect(drive.rollout.state).toMatchObject({ kind: 'held', reason: 'blind' })
  })

  it('R11 NaN is not a success', () => {
    const drive = exposed(plan())
    for (let window = 0; window < 5; window++) step(drive, [Number.NaN, 0, 5400, 0])
    expect(drive.rollout.evidence['errors']).toMatchObject({ blindWindows: 5, blind: { kind: 'nan' } })
    expect(drive.rollout.state).toMatchObject({ progress: { healthy: 0 } })
  })

  it('a run without a single measurement is no success', () => {
    expect(assess([])).not.toBe('go')
    const drive = exposed(plan({ stages: [stage('full', [100], { maxMs: 100 * 60_000 })], holdback: 0 }))
    drive.now = new Date(drive.now.getTime() + 1000 * 60_000)
    expect(decide(drive)).toMatchObject({ kind: 'hold', reason: 'blind' })
  })

  it('a clock that jumps forward ends neither bake time nor pause', () => {
    const drive = exposed(plan())
    step(drive, QUIET)
    const before = drive.rollout.state
    drive.now = new Date(drive.now.getTime() + 3_600_000)
    decide(drive)
    expect(drive.rollout.state).toMatchObject({ kind: 'held', reason: 'blind', from: before })
    const paused = exposed(plan())
    act(paused, { kind: 'pause', ...by })
    paused.now = new Date(paused.now.getTime() + 365 * 86_400_000)
    expect(decide(paused)).toMatchObject({ kind: 'wait', reason: 'paused' })
  })

  it('another bake time or percentage in the plan leaves position and evidence where they are (not step 0)', () => {
    const drive = exposed(plan())
    until(drive, QUIET)
    step(drive, QUIET)
    const { state, evidence } = drive.rollout
    const edited = plan({
      stages: [stage('gradual', [10, 60], { bakeMs: 500 * 60_000 }), stage('full', [100])],
    })
    const again = { ...drive, plan: edited }
    expect(decide(again)).toMatchObject({ kind: 'wait', reason: 'baking' })
    expect(again.rollout.state).toEqual(state)
    expect(again.rollout.evidence).toEqual(evidence)
  })

  it('a rollout in any state can be killed, and one that ended stays as it ended (#4461)', () => {
    const drive = exposed(plan())
    const kill = { kind: 'kill', ...by } as const
    expect(transition(plan(), drive.rollout, kill, drive.now)).toMatchObject({ state: { kind: 'aborted' } })
    act(drive, { kind: 'pause', ...by })
    expect(transition(plan(), drive.rollout, kill, drive.now)).toMatchObject({ state: { kind: 'aborted' } })
    act(drive, { kind: 'roll-back', ...by })
    act(drive, { kind: 'rollback-verified' })
    expect(transition(plan(), drive.rollout, kill, drive.now)).toBe(drive.rollout)
  })

  it('a rollout that was rolled back never tries again by itself (#2929)', () => {
    const drive = exposed(plan())
    step(drive, OUTAGE)
    act(drive, { kind: 'rollback-verified' })
    for (let window = 0; window < 100; window++)
      expect(step(drive, QUIET)).toMatchObject({ kind: 'wait', reason: 'ended' })
    const resumed = transition(plan(), drive.rollout, { kind: 'resume', ...by }, drive.now)
    expect(isRefusal(resumed) && resumed.remedy).toBe('start a new attempt')
  })
})

describe('defects that must not exist here: Flagger', () => {
  it('no kind of missing data is a pass or a failure', () => {
    for (const kind of UNKNOWN) {
      const drive = exposed(plan())
      const before = drive.rollout.evidence['errors']?.audiences
      for (let window = 0; window < 10; window++) expect(step(drive, kind).kind).toBe('wait')
      expect(drive.rollout.evidence['errors']?.audiences).toEqual(before)
      expect(drive.rollout.state).toMatchObject({ kind: 'running', progress: { windows: 10, healthy: 0 } })
    }
  })

  it('a restart takes no extra step: windows are folded once, increments are not replayed', () => {
    const drive = exposed(plan())
    until(drive, QUIET)
    const before = drive.rollout
    const again = windowOf(drive.plan, before.watermark ?? drive.now, QUIET)
    expect(decide(drive, [again]).kind).toBe('wait')
    expect(drive.rollout).toEqual(before)
  })

  it('a window beyond a gap waits until the gap is filled', () => {
    const drive = exposed(plan())
    const watermark = drive.rollout.watermark?.getTime() ?? 0
    decide(drive, [windowOf(drive.plan, new Date(watermark + 120_000), OUTAGE)])
    expect(drive.rollout.watermark).toEqual(new Date(watermark))
    expect(drive.rollout.state.kind).toBe('running')
  })

  it('rolls back for harm while it waits for a person (#1801)', () => {
    const drive = exposed(
      plan({ stages: [stage('staff', [10], { advance: 'manual' }), stage('full', [100])] }),
    )
    expect(until(drive, QUIET)).toMatchObject({ kind: 'hold', reason: 'approval' })
    expect(step(drive, OUTAGE)).toMatchObject({ kind: 'roll-back' })
  })

  it('rolls back to the control variant, for everybody, and keeps counting the arms (#1898, #1931)', () => {
    const drive = exposed(plan())
    step(drive, OUTAGE)
    const rule = rolloutRule(drive.plan, drive.rollout.state, {
      ruleId: 'rollout',
      name: 'Rollout',
      rolloutId: 'r1',
      attempt: 1,
      treatment: 'on',
      control: 'off',
      by: 'targetingKey',
      salt: 's',
      keySampleRate: 1,
    })
    expect(rule?.serve).toMatchObject({ exposure: { variant: 'off', audiences: [{ id: 'everybody' }] } })
  })

  it('a rollback that cannot be verified is a state of its own, not a silent success (#1816)', () => {
    const drive = exposed(plan())
    step(drive, OUTAGE)
    act(drive, { kind: 'rollback-failed', failure: 'two instances did not answer' })
    expect(drive.rollout.state).toMatchObject({
      kind: 'rollback_failed',
      failure: 'two instances did not answer',
    })
    act(drive, { kind: 'rollback-verified' })
    expect(drive.rollout.state).toMatchObject({ kind: 'rolled_back' })
  })
})

describe('defects that must not exist here: Kayenta and Keptn', () => {
  it('one criterion without data keeps the whole rollout back', () => {
    const errors = guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.01 })
    const slow = guardrail('slow', { kind: 'telemetry', counts: 'slow' }, { ceiling: 0.01 })
    const drive = exposed(plan({ criteria: [errors, slow] }))
    for (let window = 0; window < 100; window++) {
      const end = new Date((drive.rollout.watermark?.getTime() ?? 0) + 60_000)
      drive.now = new Date(end.getTime() + 120_000)
      const measured = windowOf(drive.plan, end, QUIET).measurements.filter(
        ({ criterion }) => criterion === 'errors',
      )
      expect(decide(drive, [{ end, measurements: measured }]).kind).not.toBe('advance')
    }
    expect(drive.rollout.state).toMatchObject({ kind: 'held', reason: 'blind' })
  })

  it('ten windows a hundred times worse are seen', () => {
    const drive = exposed(plan())
    expect(until(drive, [60, 6, 5400, 5], 10)).toMatchObject({ kind: 'roll-back' })
  })

  it('seven windows of ten that are a hundred times worse are seen', () => {
    const drive = exposed(plan())
    const worse = [60, 30, 5400, 27] as const
    const same = [60, 0, 5400, 27] as const
    expect(until(drive, (window) => (window < 7 ? worse : same), 10)).toMatchObject({ kind: 'roll-back' })
  })

  it('sparse errors that only the exposed arm has are no pass', () => {
    const { absoluteOnly: _none, ...relative } = plan({
      criteria: [guardrail('errors', { kind: 'telemetry', counts: 'bad' })],
    })
    const drive = exposed(relative)
    const sparse = [0, 1, 2, 1, 0, 0]
    for (let window = 0; window < 60; window++) {
      expect(step(drive, [60, sparse[window % 6] ?? 0, 540, 0]).kind).not.toBe('advance')
    }
  })

  it('a relative criterion without anything to compare with is no pass', () => {
    const { absoluteOnly: _none, ...relative } = plan({
      criteria: [guardrail('errors', { kind: 'telemetry', counts: 'bad' })],
      observeWindows: 0,
      observeReason: 'a test',
    })
    const drive = begin(relative)
    for (let window = 0; window < 100; window++) step(drive, [600, 0, 0, 0])
    expect(drive.rollout.state).toMatchObject({ kind: 'running', stage: 0, increment: 0 })
  })

  it('a plan without a criterion is refused, not passed', () => {
    expect(lintPlan(plan({ criteria: [] }), {})).toMatchObject([{ id: 'no-guardrail', severity: 'error' }])
  })

  it('a ceiling without history of the rate is no relative pass', () => {
    const { absoluteOnly: _declared, ...relative } = plan({ observeWindows: 0, observeReason: 'a test' })
    const drive = begin(relative)
    for (let window = 0; window < 100; window++)
      expect(step(drive, [600, 0, 5400, 0]).kind).not.toBe('complete')
    expect(drive.rollout.state).toMatchObject({ kind: 'running', stage: 0, increment: 0 })
  })
})

describe('defects that must not exist here: GrowthBook', () => {
  it('a sample-ratio mismatch does not suppress the rollback of a variant that crashes', () => {
    const drive = exposed(plan({ stages: [stage('half', [50]), stage('full', [100])] }))
    const crashing = (reading: Reading) => {
      const end = new Date((drive.rollout.watermark?.getTime() ?? 0) + 60_000)
      drive.now = new Date(end.getTime() + 120_000)
      // Half of the exposed never come back to be counted.
      const keys = [{ audience: 'everybody', exposed: 250, control: 500 }]
      return decide(drive, [{ ...windowOf(drive.plan, end, reading), keys }])
    }
    let decision = crashing(QUIET)
    while (decision.kind === 'wait') decision = crashing(QUIET)
    expect(decision).toMatchObject({ kind: 'hold', reason: 'sample-ratio' })
    expect(crashing(OUTAGE)).toMatchObject({ kind: 'roll-back', cause: { kind: 'harm' } })
  })

  it('harm is acted on in its window, not at the end of an interval', () => {
    const drive = exposed(
      plan({ stages: [stage('long', [10], { bakeMs: 900 * 60_000 }), stage('full', [100])] }),
    )
    expect(step(drive, OUTAGE)).toMatchObject({ kind: 'roll-back' })
  })

  it('the end of time without evidence asks a person, and never ships', () => {
    const drive = exposed(
      plan({ stages: [stage('short', [10], { maxMs: 40 * 60_000 }), stage('full', [100])] }),
    )
    expect(until(drive, [1, 0, 9, 0])).toMatchObject({ kind: 'hold', reason: 'inconclusive', page: true })
  })

  it('a backlog after a downtime is evaluated, and gives one step at most (#6330)', () => {
    const drive = exposed(plan())
    drive.now = new Date(drive.now.getTime() + 200 * 60_000)
    const due = dueWindows(drive.plan, drive.rollout, drive.now, 1000)
    expect(due).toHaveLength(200)
    expect(
      decide(
        drive,
        due.map((end) => windowOf(drive.plan, end, QUIET)),
      ),
    ).toMatchObject({ kind: 'advance' })
    expect(decide(drive).kind).toBe('wait')
    expect(drive.log.filter(({ kind }) => kind === 'advance')).toHaveLength(3)
  })

  it('a metric that failed is not stored as a success with nothing bad (#6679)', () => {
    const drive = exposed(plan())
    const { exposed: before } = drive.rollout.evidence['errors']?.audiences['everybody'] ?? {}
    step(drive, [600, 700, 5400, 0])
    expect(drive.rollout.evidence['errors']).toMatchObject({
      blind: { kind: 'bad_query', detail: 'everybody: 700 bad of 600' },
      audiences: { everybody: { exposed: before } },
    })
  })
})

describe('defects that must not exist here: LaunchDarkly and Unleash', () => {
  it('a new attempt exposes the same people: salt and ranges are those of the first', () => {
    const identity = {
      ruleId: 'r',
      name: 'R',
      treatment: 'on',
      control: 'off',
      by: 'targetingKey',
      salt: 'kept',
      keySampleRate: 1,
    }
    const drive = exposed(plan())
    const first = rolloutRule(plan(), drive.rollout.state, { ...identity, rolloutId: 'r1', attempt: 1 })
    const second = rolloutRule(plan(), drive.rollout.state, { ...identity, rolloutId: 'r1', attempt: 2 })
    expect(second?.serve).toEqual(first?.serve)
  })

  it('windows are as short as the plan says, and the stage is judged against its own control', () => {
    const short = plan({
      windowMs: 500,
      stages: [stage('gradual', [10], { bakeMs: 15_000 }), stage('full', [100], { bakeMs: 15_000 })],
    })
    const drive = exposed(short)
    expect(until(drive, [600, 1, 5400, 9])).toMatchObject({ kind: 'advance' })
  })
})
