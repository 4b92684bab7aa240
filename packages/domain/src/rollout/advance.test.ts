import { describe, expect, it } from 'vitest'

import {
  act,
  begin,
  decide,
  exposed,
  plan,
  QUIET,
  stage,
  START,
  step,
  until,
  type Reading,
} from '../../../../tests/support/rollout.ts'
import { advance } from './advance.ts'
import { guardrail } from './plan.ts'
import { scheduleRollout } from './transition.ts'

const by = { by: 'anna', reason: 'because' }
const OUTAGE: Reading = [600, 590, 5400, 5]
const BOTH_FAIL: Reading = [600, 400, 5400, 3000]

describe('a healthy rollout', () => {
  it('observes, is exposed increment by increment, and completes at 100 %', () => {
    const drive = exposed(plan())
    while (drive.rollout.state.kind !== 'completed') until(drive, [600, 1, 5400, 9])
    expect(drive.log.map((each) => (each.kind === 'advance' ? each.to : each.kind))).toEqual([
      { kind: 'observing' },
      { kind: 'running', stage: 0, increment: 0 },
      { kind: 'running', stage: 0, increment: 1 },
      { kind: 'running', stage: 1, increment: 0 },
      'complete',
    ])
  })

  it('does not start before its time, nor without an approval that holds', () => {
    const scheduled = scheduleRollout('r1', 1, START)
    const before = new Date(START.getTime() - 1)
    expect(advance(plan(), scheduled, { approved: true }, before)).toMatchObject({
      kind: 'wait',
      reason: 'not-due',
    })
    expect(advance(plan(), scheduled, { approved: false }, START)).toMatchObject({
      kind: 'wait',
      reason: 'unapproved',
    })
    expect(advance(plan(), scheduled, { approved: true }, START)).toMatchObject({ kind: 'advance' })
  })

  it('never takes two increments in one tick, however much has been folded', () => {
    const drive = exposed(plan())
    const ends = Array.from(
      { length: 100 },
      (_, k) => new Date((drive.rollout.watermark?.getTime() ?? 0) + (k + 1) * 60_000),
    )
    drive.now = new Date(drive.now.getTime() + 100 * 60_000)
    const windows = ends.map((end) => ({ end, measurements: [measured([600, 1, 5400, 9])] }))
    expect(decide(drive, windows)).toMatchObject({ kind: 'advance', to: { increment: 1 } })
    expect(drive.rollout.state).toMatchObject({ increment: 1, progress: { windows: 0, healthy: 0 } })
  })

  it('deciding twice with nothing changed gives nothing new', () => {
    const drive = begin(plan())
    for (let window = 0; window < 120; window++) {
      step(drive, [600, 1, 5400, 9])
      const before = drive.rollout
      expect(decide(drive).kind).toBe('wait')
      expect(drive.rollout).toEqual(before)
    }
  })

  it('checks the approval again before the first exposure, holds, and goes on when it holds again', () => {
    const drive = begin(plan())
    for (let window = 0; window < 4; window++) step(drive, QUIET, { approved: false })
    expect(step(drive, QUIET, { approved: false })).toMatchObject({ kind: 'hold', reason: 'unapproved' })
    expect(step(drive, QUIET, { approved: false })).toMatchObject({ kind: 'wait', reason: 'held' })
    expect(step(drive, QUIET)).toMatchObject({ kind: 'resume-from-hold', reason: 'unapproved' })
    expect(step(drive, QUIET)).toMatchObject({ kind: 'advance', to: { stage: 0, increment: 0 } })
  })
})

describe('harm', () => {
  it('rolls back in the first window of an outage, while still baking', () => {
    const drive = exposed(plan())
    const decision = step(drive, OUTAGE)
    expect(decision).toMatchObject({
      kind: 'roll-back',
      cause: { kind: 'harm', breach: { criterion: 'errors', test: 'F1r' } },
    })
    expect(drive.rollout.state).toMatchObject({ kind: 'rolling_back' })
  })

  it('names the hard floor where the plan tolerates more than the statistics could see', () => {
    const lenient = guardrail(
      'errors',
      { kind: 'telemetry', counts: 'bad' },
      { ceiling: 0.01, harmRatio: 29 },
    )
    const drive = exposed(plan({ criteria: [lenient], phi: 1000 }))
    const decision = until(drive, [40, 30, 400, 4])
    expect(decision).toMatchObject({
      kind: 'roll-back',
      cause: { breach: { test: 'hard-floor', value: 0.75, threshold: 0.5 } },
    })
  })

  it('one burst in one window is no outage', () => {
    const drive = exposed(plan({ phi: 1000 }))
    for (let window = 0; window < 10; window++) expect(step(drive, [30, 0, 270, 2]).kind).toBe('wait')
    expect(step(drive, [30, 25, 270, 2]).kind).toBe('wait')
    expect(step(drive, [30, 0, 270, 2]).kind).toBe('wait')
  })

  it('is judged against the ceiling where everybody is exposed', () => {
    const drive = exposed(plan({ stages: [stage('full', [100])], holdback: 0 }), [600, 1, 600, 1])
    const decision = until(drive, [600, 30, 0, 0])
    expect(decision).toMatchObject({
      kind: 'roll-back',
      cause: { breach: { test: 'F2b-harm', ceiling: 0.01 } },
    })
  })

  it('is not judged by the ceiling while there is a control', () => {
    const drive = exposed(plan())
    for (let window = 0; window < 60; window++) step(drive, [600, 30, 5400, 270])
    expect(drive.rollout.evidence['errors']?.breach).toBeUndefined()
  })

  it('holds when exposed and control fail together, and goes on by itself when that is over', () => {
    const drive = exposed(plan())
    step(drive, BOTH_FAIL)
    expect(step(drive, BOTH_FAIL)).toMatchObject({ kind: 'hold', reason: 'both-arms', page: true })
    expect(step(drive, BOTH_FAIL)).toMatchObject({ kind: 'wait', reason: 'held' })
    expect(until(drive, [600, 6, 5400, 54])).toMatchObject({ kind: 'resume-from-hold', reason: 'both-arms' })
    expect(drive.rollout.state).toMatchObject({ kind: 'running', stage: 0, increment: 0 })
  })

  it('while observing only an outage rolls back: both arms are served the same', () => {
    const drive = begin(plan())
    expect(step(drive, [600, 60, 5400, 5]).kind).toBe('wait')
    step(drive, OUTAGE)
    expect(step(drive, OUTAGE)).toMatchObject({
      kind: 'roll-back',
      cause: { breach: { test: 'hard-floor' } },
    })
  })

  it('only holds where the criterion says so, and the breach cannot be resumed away', () => {
    for (const onFail of ['hold', 'page'] as const) {
      const mild = guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.01, onFail })
      const drive = exposed(plan({ criteria: [mild] }))
      expect(step(drive, OUTAGE)).toMatchObject({ kind: 'hold', reason: 'breach', page: onFail === 'page' })
      expect(() => act(drive, { kind: 'resume', ...by })).toThrow('breached')
      expect(() => act(drive, { kind: 'advance', ...by })).toThrow('breached')
    }
  })

  it('does not depend on how many windows a tick folds', () => {
    const one = exposed(plan())
    const all = exposed(plan())
    const readings: Reading[] = [...Array.from({ length: 20 }, (): Reading => [600, 6, 5400, 54]), OUTAGE]
    for (let more = 0; more < 200; more++) readings.push([600, 0, 5400, 54])
    const from = all.rollout.watermark?.getTime() ?? 0
    const windows = readings.map((reading, k) => ({
      end: new Date(from + (k + 1) * 60_000),
      measurements: [measured(reading)],
    }))
    for (const reading of readings) step(one, reading)
    all.now = one.now
    decide(all, windows)
    expect(all.log).toEqual(one.log)
    expect(all.log.at(-1)).toMatchObject({ kind: 'roll-back' })
  })
})

describe('evidence and time', () => {
  it('bakes at least 30 healthy windows, and an unhealthy one does not count', () => {
    const drive = exposed(plan())
    expect(step(drive, [600, 15, 5400, 54])).toMatchObject({
      progress: { windows: 1, healthy: 0, needed: 30 },
    })
    expect(step(drive, [600, 0, 5400, 54])).toMatchObject({
      progress: { windows: 2, healthy: 1, needed: 30 },
    })
  })

  it('does not advance on time alone: at the stage maximum it holds for a person', () => {
    const drive = exposed(
      plan({ stages: [stage('slow', [10], { maxMs: 50 * 60_000 }), stage('full', [100])] }),
    )
    const decision = until(drive, [2, 0, 18, 0])
    expect(decision).toMatchObject({ kind: 'hold', reason: 'inconclusive', page: true })
    expect(decision.kind === 'hold' && decision.verdicts[0]).toMatchObject({
      kind: 'hold',
      lacks: ['relative-safe', 'relative-control', 'relative-block', 'safe', 'block'],
    })
    expect(step(drive, QUIET)).toMatchObject({ kind: 'wait', reason: 'held' })
  })

  it('a resume after an inconclusive hold grants the stage its maximum again', () => {
    const drive = exposed(
      plan({ stages: [stage('slow', [10], { maxMs: 50 * 60_000 }), stage('full', [100])] }),
    )
    until(drive, [2, 0, 18, 0])
    act(drive, { kind: 'resume', ...by })
    expect(step(drive, [2, 0, 18, 0]).kind).toBe('wait')
    expect(until(drive, QUIET)).toMatchObject({ kind: 'advance' })
  })

  it('lets time decide only where the plan says so with a reason, and no arm looks worse', () => {
    const stages = [stage('slow', [10], { maxMs: 50 * 60_000 }), stage('full', [100])]
    const timed = plan({ stages, lowTraffic: { policy: 'time', reason: 'twelve customers a day' } })
    const healthy = until(exposed(timed), [2, 0, 18, 0])
    expect(healthy).toMatchObject({ kind: 'advance', verdicts: [{ kind: 'go', tier: 'time' }] })
    const worse = exposed(timed)
    step(worse, [2, 1, 18, 0])
    expect(until(worse, [2, 0, 18, 0])).toMatchObject({ kind: 'hold', reason: 'inconclusive' })
  })

  it('asks a person where the stage is manual, and takes their advance', () => {
    const drive = exposed(
      plan({ stages: [stage('staff', [10], { advance: 'manual' }), stage('full', [100])] }),
    )
    expect(until(drive, QUIET)).toMatchObject({ kind: 'hold', reason: 'approval', page: false })
    act(drive, { kind: 'advance', ...by })
    expect(drive.rollout.state).toMatchObject({ kind: 'running', stage: 1, increment: 0 })
  })

  it('a ceiling far above the observed rate is no Go unless somebody declared that it is enough', () => {
    const { absoluteOnly: _declared, ...relative } = plan()
    // Every window the same: the control shows too little for the relative Go.
    const near = until(exposed(relative, [60, 1, 5400, 54]), (k) => [60, 0, 60, k % 4 === 0 ? 1 : 0], 900)
    expect(near).toMatchObject({ kind: 'advance', verdicts: [{ tier: 'A' }] })
    const far = exposed(
      { ...relative, stages: [stage('only', [10], { maxMs: 100 * 60_000 }), stage('full', [100])] },
      [600, 1, 5400, 9],
    )
    const decision = until(far, [600, 0, 5400, 0])
    expect(decision.kind === 'hold' && decision.verdicts[0]).toMatchObject({
      lacks: ['relative-safe', 'relative-control', 'relative-block', 'ceiling-too-far'],
    })
  })

  it('a stage without a control needs evidence of its own', () => {
    const drive = exposed(plan({ stages: [stage('gradual', [10]), stage('full', [100])], holdback: 0 }))
    until(drive, QUIET)
    step(drive, QUIET)
    step(drive, QUIET)
    let windows = 0
    while (step(drive, [6000, 0, 0, 0]).kind === 'wait') windows += 1
    expect(windows + 1).toBe(30)
    expect(drive.rollout.state).toMatchObject({ kind: 'completed' })
  })

  it('every guardrail must be Go', () => {
    const errors = guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.01 })
    const slow = guardrail('slow', { kind: 'telemetry', counts: 'slow' }, { ceiling: 0.000001 })
    const drive = exposed(plan({ criteria: [errors, slow] }))
    for (let window = 0; window < 60; window++) expect(step(drive, QUIET).kind).toBe('wait')
    expect(step(drive, QUIET)).toMatchObject({
      reason: 'collecting',
      verdicts: [
        { criterion: 'errors', kind: 'go' },
        { criterion: 'slow', kind: 'hold' },
      ],
    })
  })
})

describe('people', () => {
  it('a paused rollout waits, collects evidence without credit, and is still rolled back for harm', () => {
    const drive = exposed(plan())
    step(drive, QUIET)
    act(drive, { kind: 'pause', ...by })
    expect(step(drive, QUIET)).toMatchObject({ kind: 'wait', reason: 'paused' })
    expect(drive.rollout.state).toMatchObject({ from: { progress: { windows: 1, healthy: 1 } } })
    expect(step(drive, OUTAGE)).toMatchObject({ kind: 'roll-back' })
  })

  it('an edit of the flag outside the rollout holds it until a person has looked', () => {
    const drive = exposed(plan())
    const edit = { by: 'ben', what: 'fallthrough' }
    expect(step(drive, QUIET, { flagEditedOutside: edit })).toMatchObject({
      kind: 'hold',
      reason: 'conflict',
      edit,
    })
    expect(step(drive, QUIET)).toMatchObject({ kind: 'wait', reason: 'held' })
    expect(() => act(drive, { kind: 'advance', ...by })).toThrow('edited outside')
    act(drive, { kind: 'resume', ...by })
    expect(step(drive, QUIET)).toMatchObject({ kind: 'wait', reason: 'baking' })
  })
})

function measured([nT, xT, nC, xC]: readonly [number, number, number, number] | string) {
  const counts = { exposed: { n: Number(nT), x: Number(xT) }, control: { n: Number(nC), x: Number(xC) } }
  return { criterion: 'errors', kind: 'ok' as const, audiences: [{ audience: 'everybody', ...counts }] }
}
