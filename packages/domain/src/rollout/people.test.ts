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
} from '../../../../tests/support/rollout.ts'
import type { Drive, Reading } from '../../../../tests/support/rollout.ts'
import type { Report } from '../analysis/model.ts'
import { isRefusal } from '../refusal.ts'
import { adoptPlan } from './adopt.ts'
import { allVerdicts } from './advance.ts'
import type { RolloutPlan } from './model.ts'
import { DEFAULT_REPORTS, guardrail } from './plan.ts'
import type { ReportSeen } from './reports.ts'
import type { ServedPlan } from './served-plan.ts'
import { evidenceText } from './stage-approval.ts'
import { transition } from './transition.ts'

const by = { by: 'anna', reason: 'because' }
const MINUTE = 60_000
const OUTAGE: Reading = [600, 590, 5400, 5]
const errors = guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.01 })

function issue(drive: Drive, settings: Partial<ReportSeen> = {}): ReportSeen {
  const { now: at } = drive
  return { id: 'i1', about: 'feature', kind: 'complaint', severity: 'critical', open: true, at, ...settings }
}

function issues(settings: Partial<Report> = {}): RolloutPlan {
  const report: Report = {
    id: 'issues',
    role: 'report',
    severity: 'critical',
    max: 0,
    onFail: 'hold',
    ...settings,
  }
  return plan({ criteria: [errors, report], stages: [stage('beta', [10, 50]), stage('full', [100])] })
}

describe('P-S3-2 P-S3-10 what people report', () => {
  it('P-S3-2 rolls back by more open issues than the plan allows, since the first exposure', () => {
    const drive = exposed(issues({ onFail: 'roll-back' }))
    const old = issue(drive, { at: new Date(drive.now.getTime() - 3_600_000) })
    expect(decide(drive, [], { reports: [old] })).toMatchObject({ kind: 'hold', reason: 'reports' })
    const decision = decide(drive, [], { reports: [old, issue(drive)] })
    expect(decision).toMatchObject({
      kind: 'roll-back',
      cause: { kind: 'report', criterion: 'issues', found: { open: 1, max: 0 } },
    })
  })

  it('holds where the plan says so, pages where it says so, and goes on once it is resolved', () => {
    for (const [onFail, page] of [
      ['hold', false],
      ['page', true],
    ] as const) {
      const drive = exposed(issues({ onFail }))
      const open = [issue(drive)]
      expect(decide(drive, [], { reports: open })).toMatchObject({ kind: 'hold', reason: 'reports', page })
      expect(step(drive, QUIET, { reports: open })).toMatchObject({ kind: 'wait', reason: 'held' })
      const resolved = open.map((it) => ({ ...it, open: false }))
      expect(step(drive, QUIET, { reports: resolved })).toMatchObject({ kind: 'resume-from-hold' })
    }
  })

  it('counts from its severity upwards, its kinds, its stages, and this feature only', () => {
    const drive = exposed(issues({ severity: 'major', kinds: ['security'], stages: ['beta'] }))
    for (const harmless of [
      issue(drive, { kind: 'security', severity: 'minor' }),
      issue(drive, { kind: 'complaint' }),
      issue(drive, { kind: 'security', about: 'project' }),
      issue(drive, { kind: 'security', open: false }),
    ])
      expect(decide(drive, [], { reports: [harmless] }).kind).toBe('wait')
    const elsewhere = exposed(issues({ stages: ['full'] }))
    expect(decide(elsewhere, [], { reports: [issue(elsewhere)] }).kind).toBe('wait')
    const found = decide(drive, [], { reports: [issue(drive, { kind: 'security', severity: 'major' })] })
    expect(found).toMatchObject({ kind: 'hold', reason: 'reports', because: 'issues' })
  })

  it('P-S3-10 takes no feedback for unknown, five good ones of six for Go, and never advances on less', () => {
    const feedback = { least: 5, positive: 0.8 }
    const quiet = exposed(issues({ feedback }))
    for (let window = 0; window < 60; window++) expect(step(quiet, QUIET).kind).toBe('wait')
    expect(allVerdicts(quiet.plan, quiet.rollout, {}, quiet.now)[1]).toMatchObject({ kind: 'no-data' })
    const said = (good: number, bad: number) =>
      Array.from({ length: good + bad }, (_, n) =>
        issue(quiet, { id: `f${n}`, kind: 'feedback', severity: 'minor', positive: n < good }),
      )
    expect(step(quiet, QUIET, { reports: said(4, 0) }).kind).toBe('wait')
    expect(step(quiet, QUIET, { reports: said(3, 2) })).toMatchObject({ kind: 'hold', reason: 'reports' })
    expect(step(quiet, QUIET, { reports: said(5, 1) })).toMatchObject({ kind: 'resume-from-hold' })
    expect(step(quiet, QUIET, { reports: said(5, 1) })).toMatchObject({ kind: 'advance' })
  })

  it('the default plan asks for nothing critical inside, nothing major and good feedback among beta users', () => {
    expect(DEFAULT_REPORTS.map(({ id, stages }) => [id, stages])).toEqual([
      ['data-or-security', undefined],
      ['critical-issues', undefined],
      ['major-issues', ['beta']],
      ['feedback', ['beta']],
    ])
  })

  it('P-S3-10 the last stage is complete only once every connected instance serves it', () => {
    const drive = exposed(plan({ stages: [stage('full', [100])], holdback: 5 }))
    for (let window = 0; window < 40; window++) step(drive, QUIET, { unserved: ['web-3'] })
    expect(step(drive, QUIET, { unserved: ['web-3'] })).toMatchObject({ kind: 'wait', reason: 'serving' })
    expect(step(drive, QUIET, { unserved: [] })).toMatchObject({ kind: 'complete' })
  })
})

describe('an open incident', () => {
  it('freezes: nothing is raised, and nothing is kept from being turned off', () => {
    const drive = exposed(plan())
    const incident = issue(drive, { kind: 'incident', about: 'project', severity: 'major' })
    expect(decide(drive, [], { reports: [incident] })).toMatchObject({ kind: 'hold', reason: 'incident' })
    for (let window = 0; window < 60; window++) {
      expect(step(drive, QUIET, { reports: [incident] })).toMatchObject({ kind: 'wait', reason: 'held' })
    }
    const kill = transition(drive.plan, drive.rollout, { kind: 'kill', ...by }, drive.now)
    expect(kill).toMatchObject({ state: { kind: 'aborted' } })
    expect(step(drive, OUTAGE, { reports: [incident] })).toMatchObject({ kind: 'roll-back' })
  })

  it('ends by itself, and a minor one stops nothing', () => {
    const drive = exposed(plan())
    const incident = issue(drive, { kind: 'incident' })
    decide(drive, [], { reports: [incident] })
    const over = { ...incident, open: false }
    expect(step(drive, QUIET, { reports: [over] })).toMatchObject({ kind: 'resume-from-hold' })
    const minor = { ...incident, severity: 'minor' as const }
    expect(step(drive, QUIET, { reports: [minor] }).kind).toBe('wait')
  })
})

describe('after 100 %', () => {
  const watched = plan({ stages: [stage('full', [100])], holdback: 5, watchMs: 60 * MINUTE })
  function completed(): Drive {
    const drive = exposed(watched)
    expect(until(drive, QUIET)).toMatchObject({ kind: 'complete' })
    return drive
  }

  it('harm rolls back, also what was kept out before', () => {
    const drive = completed()
    expect(step(drive, [6000, 0, 0, 0])).toMatchObject({ kind: 'wait', reason: 'watching' })
    expect(until(drive, [6000, 600, 0, 0])).toMatchObject({
      kind: 'roll-back',
      cause: { kind: 'harm', breach: { test: 'F2b-harm' } },
    })
    expect(drive.rollout.state).toMatchObject({ kind: 'rolling_back' })
  })

  it('an issue rolls back, and silence does not', () => {
    const report: Report = { id: 'issues', role: 'report', severity: 'critical', max: 0, onFail: 'roll-back' }
    const drive = exposed({ ...watched, criteria: [errors, report] })
    until(drive, QUIET)
    for (let window = 0; window < 20; window++)
      expect(step(drive, 'zero_traffic')).toMatchObject({ kind: 'wait', reason: 'watching' })
    expect(decide(drive, [], { reports: [issue(drive)] })).toMatchObject({ kind: 'roll-back' })
  })

  it('a breach that does not roll back calls a person once', () => {
    const page = { ...errors, onFail: 'page' as const }
    const drive = exposed({ ...watched, criteria: [page] })
    until(drive, QUIET)
    expect(until(drive, [6000, 600, 0, 0])).toMatchObject({ kind: 'warn' })
    expect(step(drive, [6000, 600, 0, 0])).toMatchObject({ kind: 'wait', reason: 'watching' })
  })

  it('the watch ends after its time', () => {
    const drive = completed()
    for (let window = 0; window < 62; window++) step(drive, [6000, 0, 0, 0])
    expect(step(drive, OUTAGE)).toMatchObject({ kind: 'wait', reason: 'ended' })
  })
})

describe('an approval inside a stage', () => {
  const manual = plan({ stages: [stage('beta', [10, 50], { advance: 'manual' }), stage('full', [100])] })
  function waiting(): Drive {
    const drive = exposed(manual)
    expect(until(drive, QUIET)).toMatchObject({ kind: 'hold', reason: 'approval' })
    return drive
  }
  function approve(drive: Drive, reports: readonly ReportSeen[] = []): void {
    const verdicts = allVerdicts(drive.plan, drive.rollout, { reports }, drive.now)
    const evidence = evidenceText(drive.rollout, verdicts)
    const approval = { by: 'olga', at: drive.now.toISOString(), bundleHash: 'b', evidence }
    act(drive, { kind: 'approve', approval })
  }

  it('advances at the next tick while the evidence says the same', () => {
    const drive = waiting()
    step(drive, QUIET)
    approve(drive)
    expect(step(drive, QUIET)).toMatchObject({ kind: 'advance', to: { stage: 0, increment: 1 } })
    expect(drive.rollout.approval, 'it is used up').toBeUndefined()
  })

  it('is void once the evidence says something else, and the stage waits again', () => {
    const drive = waiting()
    approve(drive)
    drive.now = new Date(drive.now.getTime() + 40 * MINUTE)
    expect(decide(drive)).toMatchObject({ kind: 'void-approval', by: 'olga' })
    expect(drive.rollout.approval).toBeUndefined()
  })

  it('cannot be given before everything is Go', () => {
    const drive = exposed(manual)
    const approval = { by: 'olga', at: drive.now.toISOString(), bundleHash: 'b', evidence: '' }
    expect(isRefusal(transition(manual, drive.rollout, { kind: 'approve', approval }, drive.now))).toBe(true)
  })
})

describe('a manual override', () => {
  const slow = guardrail('slow', { kind: 'telemetry', counts: 'slow' }, { ceiling: 0.01, onFail: 'hold' })

  it('lets a criterion not keep the rollout from advancing, for its time', () => {
    const drive = exposed(plan({ criteria: [errors, slow] }))
    const bad = windowsWith(drive, 'slow')
    for (let window = 0; window < 5; window++) bad(OUTAGE)
    expect(drive.rollout.state).toMatchObject({ kind: 'held', reason: 'breach' })
    const wish = { criterion: 'slow', until: new Date(drive.now.getTime() + 120 * MINUTE) }
    act(drive, { kind: 'override', ...wish, ...by })
    expect(bad(OUTAGE)).toMatchObject({ kind: 'resume-from-hold', reason: 'breach' })
    let decision = bad(OUTAGE)
    while (decision.kind === 'wait') decision = bad(OUTAGE)
    expect(decision).toMatchObject({ kind: 'advance' })
    drive.now = wish.until
    expect(decide(drive)).toMatchObject({ kind: 'hold', reason: 'breach' })
  })

  it('never sets harm aside, neither of another criterion nor of its own', () => {
    const drive = exposed(plan({ criteria: [errors, slow] }))
    for (const criterion of ['slow', 'errors']) {
      act(drive, { kind: 'override', criterion, until: new Date(drive.now.getTime() + 60 * MINUTE), ...by })
    }
    let decision = windowsWith(drive, 'errors')(OUTAGE)
    while (decision.kind === 'wait') decision = windowsWith(drive, 'errors')(OUTAGE)
    expect(decision).toMatchObject({ kind: 'roll-back', cause: { breach: { criterion: 'errors' } } })
  })

  it('needs a criterion of the plan and an end within seven days', () => {
    const drive = exposed(plan())
    const wish = { kind: 'override', criterion: 'errors', until: drive.now, ...by } as const
    expect(isRefusal(transition(drive.plan, drive.rollout, wish, drive.now))).toBe(true)
    const until_ = new Date(drive.now.getTime() + MINUTE)
    const other = { ...wish, criterion: 'nothing', until: until_ }
    expect(isRefusal(transition(drive.plan, drive.rollout, other, drive.now))).toBe(true)
  })

  it('with every measured criterion set aside nothing advances by itself', () => {
    const drive = exposed(plan())
    act(drive, {
      kind: 'override',
      criterion: 'errors',
      until: new Date(drive.now.getTime() + 90 * MINUTE),
      ...by,
    })
    for (let window = 0; window < 80; window++) expect(step(drive, QUIET).kind).toBe('wait')
  })
})

describe('P-X3 a pause for a time', () => {
  it('ends by itself, and harm does not wait for it', () => {
    const drive = exposed(plan())
    act(drive, { kind: 'pause', until: new Date(drive.now.getTime() + 10 * MINUTE), ...by })
    expect(step(drive, QUIET)).toMatchObject({ kind: 'wait', reason: 'paused' })
    expect(until(drive, QUIET, 10)).toMatchObject({ kind: 'end-pause' })
    expect(drive.rollout.state.kind).toBe('running')
    act(drive, { kind: 'pause', until: new Date(drive.now.getTime() + 10 * MINUTE), ...by })
    expect(until(drive, OUTAGE, 3)).toMatchObject({ kind: 'roll-back' })
  })
})

describe('P-X5 reviews while it runs', () => {
  const reviews = { everyMs: 60 * MINUTE, checkpoints: [], role: 'operations-lead' } as const
  const long = {
    stages: [stage('full', [100], { bakeMs: 1000 * MINUTE, maxMs: 5000 * MINUTE })],
    holdback: 0,
  }

  it('P-X5 asks at the frequency, reminds and escalates when nobody answers, and holds nothing', () => {
    const drive = exposed(plan({ reviews, ...long }))
    const steps: unknown[] = []
    for (let window = 0; window < 200; window++) {
      const decision = step(drive, QUIET)
      if (decision.kind !== 'wait') steps.push([decision.kind, 'step' in decision ? decision.step : ''])
    }
    expect(steps).toEqual([
      ['review', 'ask'],
      ['review', 'remind'],
      ['review', 'escalate'],
    ])
    expect(drive.rollout.state.kind).toBe('running')
    act(drive, { kind: 'review', ...by })
    expect(step(drive, QUIET).kind).toBe('wait')
    expect(until(drive, QUIET)).toMatchObject({ kind: 'review', step: 'ask' })
  })

  it('P-S3-4 a checkpoint is asked for at its time, and a missed one holds until somebody looks', () => {
    const start = begin(plan()).now.getTime()
    const checkpoints = [new Date(start + 90 * MINUTE).toISOString()]
    const drive = exposed(
      plan({ reviews: { checkpoints, graceMs: 30 * MINUTE, role: 'operations-lead' }, ...long }),
    )
    expect(until(drive, QUIET)).toMatchObject({ kind: 'review', review: 'checkpoint', step: 'ask' })
    expect(until(drive, QUIET)).toMatchObject({ kind: 'hold', reason: 'review', page: true })
    expect(step(drive, QUIET)).toMatchObject({ kind: 'wait', reason: 'held' })
    act(drive, { kind: 'review', ...by })
    expect(drive.rollout.state.kind).toBe('running')
    expect(step(drive, QUIET).kind).toBe('wait')
  })
})

describe('a plan that is changed and approved anew', () => {
  const where = {
    environment: 'production',
    treatment: 'on',
    control: 'off',
    bucketBy: 'targetingKey',
    expectedKeys: 1,
  }
  const old: ServedPlan = { ...plan(), ...where }

  it('keeps the place and the evidence of criteria that measure the same', () => {
    const drive = exposed(old)
    for (let window = 0; window < 10; window++) step(drive, QUIET)
    const wider = { ...old, stages: [stage('gradual', [10, 25, 50]), stage('full', [100])], alpha: 0.01 }
    const adopted = adoptPlan(old, wider, drive.rollout)
    expect(adopted).toMatchObject({ dropped: [], rollout: { state: drive.rollout.state } })
    expect('rollout' in adopted && adopted.rollout.evidence).toEqual(drive.rollout.evidence)
  })

  it('begins anew with a criterion that measures something else', () => {
    const drive = exposed(old)
    const other = {
      ...old,
      criteria: [{ ...errors, source: { kind: 'telemetry', counts: 'slow' } as const }],
    }
    expect(adoptPlan(old, other, drive.rollout)).toMatchObject({
      dropped: ['errors'],
      rollout: { evidence: {} },
    })
  })

  it('is no plan for this attempt where it moves variants or takes people out', () => {
    const drive = exposed(old)
    expect(isRefusal(adoptPlan(old, { ...old, treatment: 'blue' }, drive.rollout))).toBe(true)
    const gone = { ...old, stages: [stage('other', [5, 50]), stage('full', [100])] }
    expect(isRefusal(adoptPlan(old, gone, drive.rollout))).toBe(true)
  })
})

/** One window in which a criterion reads so and all others are quiet. */
function windowsWith(drive: Drive, criterion: string) {
  return (reading: Reading) => {
    const end = new Date((drive.rollout.watermark ?? drive.now).getTime() + drive.plan.windowMs)
    drive.now = new Date(end.getTime() + 2 * drive.plan.windowMs)
    const audience = 'everybody'
    const counts = (of: Reading) => {
      if (typeof of === 'string') throw new Error(of)
      const [nT, xT, nC, xC] = of
      return [{ audience, exposed: { n: nT, x: xT }, control: { n: nC, x: xC } }]
    }
    const measurements = drive.plan.criteria.map(({ id }) => ({
      criterion: id,
      kind: 'ok' as const,
      audiences: counts(id === criterion ? reading : QUIET),
    }))
    return decide(drive, [{ end, measurements }])
  }
}
