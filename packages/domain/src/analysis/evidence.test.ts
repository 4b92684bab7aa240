import { describe, expect, it } from 'vitest'

import { guardrail } from '../rollout/plan.ts'
import { assess } from './assess.ts'
import { harmLogE } from './breach.ts'
import { classify, foldCriterion, NO_EVIDENCE } from './evidence.ts'
import { hardFloor } from './hard-floor.ts'
import type { ArmsWindow, AudienceCounts, CriterionEvidence, Measurement } from './model.ts'
import type { Scope } from './scope.ts'
import { mixtureLogE } from './statistics/restart.ts'

const errors = guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.01 })
const window = (nT: number, xT: number, nC: number, xC: number): ArmsWindow => ({
  exposed: { n: nT, x: xT },
  control: { n: nC, x: xC },
})
const quiet = window(60, 0, 540, 5)
const bad = window(60, 6, 540, 5)

const scope: Scope = {
  windowEnd: new Date('2026-03-02T10:01:00Z'),
  audiences: ['staff', 'everybody'],
  exposed: ['staff', 'everybody'],
  observing: false,
  stage: 0,
  threshold: Math.log(1000),
  blockAlpha: 0.01,
  dispersion: () => ({ relative: 1, absolute: 1 }),
}

describe('a measurement', () => {
  it.each([
    ['nothing at all', undefined, 'empty'],
    ['no requests', ok({ audience: 'everybody', ...window(0, 0, 0, 0) }), 'zero_traffic'],
    ['no audience', ok(), 'zero_traffic'],
    ['more bad than requests', ok({ audience: 'everybody', ...window(10, 11, 90, 0) }), 'bad_query'],
    ['negative counts', ok({ audience: 'everybody', ...window(10, -1, 90, 0) }), 'bad_query'],
    ['not a number', ok({ audience: 'everybody', ...window(Number.NaN, 0, 90, 0) }), 'nan'],
    ['infinite', ok({ audience: 'everybody', ...window(Infinity, 0, 90, 0) }), 'nan'],
  ])('of %s is unknown', (_title, measurement, kind) => {
    expect(classify(measurement).kind).toBe(kind)
  })

  it('of one empty arm is known', () => {
    expect(classify(ok({ audience: 'everybody', ...window(0, 0, 90, 1) })).kind).toBe('ok')
  })
})

describe('folding', () => {
  it('an unknown window changes nothing but the time spent blind', () => {
    const before = fold([quiet, quiet])
    const blind = foldCriterion(errors, before, { criterion: 'errors', kind: 'stale', detail: 'old' }, scope)
    expect(blind).toEqual({ ...before, blindWindows: 1, blind: { kind: 'stale', detail: 'old' } })
    expect(foldCriterion(errors, blind, ok({ audience: 'everybody', ...quiet }), scope)).toMatchObject({
      blindWindows: 0,
    })
  })

  it('a window without exposed requests counts in F1r, and nowhere else', () => {
    const evidence = fold([quiet, window(0, 0, 540, 5)])
    expect(evidence.audiences['everybody']).toMatchObject({ harm: { k: 2 }, exposed: { t: 1, n: 60 } })
  })

  it('keeps audiences apart: a segment that fails more often is not the feature', () => {
    let evidence = NO_EVIDENCE
    for (let k = 0; k < 200; k++) {
      const staff = { audience: 'staff', ...window(50, 5, 50, 5) }
      evidence = foldCriterion(
        errors,
        evidence,
        ok(staff, { audience: 'everybody', ...window(10, 0, 900, 1) }),
        scope,
      )
    }
    expect(evidence.breach).toBeUndefined()
    expect(mixtureLogE(evidence.audiences['staff']?.harm ?? { k: 0, s: [] })).toBeLessThan(0)
  })

  it('takes the mean of the e-values, in which an audience that nobody is exposed in counts 1', () => {
    const evidence = fold([bad], { ...scope, exposed: ['everybody'] })
    const alone = mixtureLogE(evidence.audiences['everybody']?.harm ?? { k: 0, s: [] })
    expect(harmLogE(evidence, scope.audiences)).toBeCloseTo(Math.log((Math.exp(alone) + 1) / 2), 12)
  })

  it('keeps the first breach, with the numbers of its moment', () => {
    const outage = window(60, 60, 540, 5)
    const first = fold([outage])
    const later = foldCriterion(errors, first, ok({ audience: 'everybody', ...outage }), {
      ...scope,
      windowEnd: new Date('2026-03-02T10:02:00Z'),
    })
    expect(first.breach).toMatchObject({
      test: 'F1r',
      audience: 'everybody',
      exposed: { n: 60, x: 60 },
      phi: 1,
    })
    expect(later.breach).toEqual(first.breach)
  })

  it('stays of constant size, and is the same after a round trip through JSON', () => {
    const evidence = fold(Array.from({ length: 500 }, () => quiet))
    expect(JSON.stringify(evidence).length).toBeLessThan(4000)
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence)
  })

  it('counts nothing before the first exposure but history and the latest windows', () => {
    const evidence = fold([quiet, bad], { ...scope, exposed: [], observing: true })
    expect(evidence.audiences['everybody']).toMatchObject({
      harm: { k: 0 },
      exposed: { t: 0 },
      history: { n: 1200, x: 16 },
    })
  })
})

describe('the hard floor', () => {
  it('needs 20 exposed requests without the worst window', () => {
    expect(hardFloor([window(19, 19, 0, 0), window(19, 19, 0, 0)], 0.5)).toBe('fine')
    expect(hardFloor([window(20, 20, 0, 0), window(20, 20, 0, 0)], 0.5)).toBe('breach')
  })

  it('needs no further condition without a control', () => {
    expect(hardFloor([window(40, 20, 0, 0), window(40, 20, 0, 0)], 0.5)).toBe('breach')
    expect(hardFloor([window(40, 19, 0, 0), window(40, 20, 0, 0)], 0.5)).toBe('fine')
  })

  it('takes a control of more than half the exposed share for a common cause', () => {
    expect(hardFloor([window(40, 40, 100, 50), window(40, 40, 100, 50)], 0.5)).toBe('breach')
    expect(hardFloor([window(40, 40, 100, 51), window(40, 40, 100, 51)], 0.5)).toBe('both-arms')
  })

  it('remembers as few windows as it needs, at any traffic', () => {
    for (const requests of [1, 7, 60]) {
      const recent =
        fold(Array.from({ length: 100 }, () => window(requests, 0, 9, 0))).audiences['everybody']?.recent ??
        []
      expect(recent.length).toBe(Math.ceil(20 / requests) + 1)
    }
  })
})

describe('verdicts together', () => {
  it('the most conservative wins', () => {
    const go = { kind: 'go' as const, criterion: 'a', tier: 'A' as const, judgement }
    const hold = {
      kind: 'hold' as const,
      criterion: 'b',
      reason: 'collecting' as const,
      lacks: [],
      judgement,
    }
    const blind = {
      kind: 'no-data' as const,
      criterion: 'c',
      unknown: 'empty' as const,
      detail: '',
      blindMs: 1,
    }
    expect(assess([go, go])).toBe('go')
    expect(assess([go, hold])).toBe('hold')
    expect(assess([hold, blind, go])).toBe('no-data')
  })
})

const judgement = {
  audience: 'everybody',
  exposed: { n: 1, x: 0 },
  control: { n: 1, x: 0 },
  phi: { relative: 1, absolute: 1 },
}

function ok(...audiences: readonly AudienceCounts[]): Measurement {
  return { criterion: 'errors', kind: 'ok', audiences }
}

function fold(windows: readonly ArmsWindow[], circumstances = scope): CriterionEvidence {
  return windows.reduce(
    (evidence, each) =>
      foldCriterion(errors, evidence, ok({ audience: 'everybody', ...each }), circumstances),
    NO_EVIDENCE,
  )
}
