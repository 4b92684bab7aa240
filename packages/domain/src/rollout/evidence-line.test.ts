import { describe, expect, it } from 'vitest'

import { exposed, plan, QUIET, stage, step, windowOf } from '../../../../tests/support/rollout.ts'
import { verdictsOf } from './advance.ts'
import { evidenceNeeded, evidencePoints } from './evidence-line.ts'
import { fold, foldEach } from './fold.ts'
import { guardrail } from './plan.ts'

const long = { stages: [stage('all', [10], { bakeMs: 900 * 60_000 }), stage('full', [100])] }

describe('the line of the evidence', () => {
  it('is where the verdict stands, window by window, and begins with the first exposure', () => {
    const drive = exposed(plan(long))
    expect(evidencePoints(drive.plan, { ...drive.rollout, state: { kind: 'scheduled' } })).toEqual([])
    const lines = Array.from({ length: 40 }, () => {
      step(drive, [600, 1, 5400, 9])
      const [verdict] = verdictsOf(drive.plan, drive.rollout, drive.now)
      const [point] = evidencePoints(drive.plan, drive.rollout)
      const judgement = verdict !== undefined && 'judgement' in verdict ? verdict.judgement : undefined
      expect(point?.relative).toBeCloseTo(judgement?.relative?.logE ?? NaN, 3)
      expect(point?.absolute).toBeCloseTo(judgement?.safe?.logE ?? NaN, 3)
      return point
    })
    expect(lines.at(-1)?.relative ?? 0).toBeGreaterThan(lines[5]?.relative ?? Infinity)
    expect(evidenceNeeded(drive.plan)).toEqual({ harm: Math.log(1000), safe: Math.log(100) })
  })

  it('crosses the threshold of harm in the window that rolls back', () => {
    const drive = exposed(plan(long))
    const needed = evidenceNeeded(drive.plan).harm
    const harms: number[] = []
    const next = () => {
      const { kind } = step(drive, [600, 60, 5400, 54])
      const [point] = evidencePoints(drive.plan, { ...drive.rollout, state: underway })
      harms.push(point?.harm ?? NaN)
      return kind
    }
    while (next() !== 'roll-back' && harms.length < 100);
    expect(harms.at(-1)).toBeGreaterThanOrEqual(needed)
    expect(Math.max(...harms.slice(0, -1))).toBeLessThan(needed)
  })

  it('says nothing where a test does not speak: a mean has no log E', () => {
    const mean = guardrail('found', { kind: 'telemetry', counts: 'bad' }, { mean: { worse: 'lower' } })
    const drive = exposed(plan({ ...long, criteria: [mean] }))
    step(drive, [600, 600, 5400, 5400])
    expect(evidencePoints(drive.plan, drive.rollout)).toEqual([
      { criterion: 'found', harm: null, relative: null, absolute: null },
    ])
  })

  it('is seen after each window that is folded, and folding is the same', () => {
    const drive = exposed(plan(long))
    const watermark = drive.rollout.watermark?.getTime() ?? 0
    const windows = [0, 1, 2, 4].map((it) => windowOf(drive.plan, new Date(watermark + it * 60_000), QUIET))
    const { rollout, seen } = foldEach(drive.plan, drive.rollout, windows, (it) => it.watermark?.getTime())
    expect(rollout).toEqual(fold(drive.plan, drive.rollout, windows))
    // The first is at the watermark, the last beyond a gap.
    expect([...seen]).toEqual([1, 2].map((it) => [watermark + it * 60_000, watermark + it * 60_000]))
  })
})

const underway = {
  kind: 'running',
  stage: 0,
  increment: 0,
  progress: { windows: 0, healthy: 0 },
  stageWindows: 0,
} as const
