import { describe, expect, it } from 'vitest'

import { begin, exposed, plan, QUIET, stage, step, until } from '../../../../tests/support/rollout.ts'
import { breachSentence } from '../analysis/sentence.ts'
import { decisionSentence } from './sentence.ts'

describe('a decision in words', () => {
  it('names the test that spoke and its arithmetic', () => {
    const sentence = breachSentence({
      criterion: 'errors',
      audience: 'everybody',
      test: 'F1r',
      windowEnd: '2026-03-02T10:00:00.000Z',
      exposed: { n: 212, x: 41 },
      control: { n: 640, x: 1 },
      value: 9.2134,
      threshold: Math.log(1000),
      phi: 2,
    })
    expect(sentence).toBe(
      'errors: exposed 41/212 (19.3 %), control 1/640 (0.16 %); F1r log e = 9.21 ≥ ln(1/0.001) = 6.91, dispersion 2: worse than the control',
    )
  })

  it('says what a rollback was for', () => {
    const drive = exposed(plan())
    expect(decisionSentence(drive.plan, step(drive, [600, 590, 5400, 5]))).toMatch(
      /^roll back: errors: exposed 590\/600 \(98\.3 %\), control 5\/5400 \(0\.093 %\); F1r log e = \d+\.\d\d ≥ ln\(1\/0\.001\) = 6\.91/,
    )
  })

  it('says that an absolute Go does not exclude a regression', () => {
    const drive = exposed(plan())
    const sentence = decisionSentence(
      drive.plan,
      until(drive, (window) => [600, 0, 5400, window % 2 === 0 ? 1 : 0]),
    )
    expect(sentence).toContain('advance to stage gradual, 50 % of everybody: errors: exposed 0/18000 (0 %)')
    expect(sentence).toContain('F2b-safe log e = ')
    expect(sentence).toContain('block-abs over 30 windows')
    expect(sentence).toContain('a regression up to 108 times the control cannot be excluded')
  })

  it('says which regression a relative Go excludes', () => {
    const drive = exposed(plan())
    const sentence = decisionSentence(drive.plan, until(drive, [600, 1, 5400, 9]))
    expect(sentence).toContain(
      'advance to stage gradual, 50 % of everybody: errors: exposed 30/18000 (0.17 %)',
    )
    expect(sentence).toMatch(/F2 log e = \d+\.\d\d \(threshold ln\(1\/0\.01\) = 4\.61\)/)
    expect(sentence).toContain('block-safe over 30 windows')
    expect(sentence).toContain('GO: less than 2 times the control')
  })

  it('says how far a position has baked, and what is still lacking', () => {
    const drive = exposed(
      plan({ stages: [stage('slow', [10], { maxMs: 60 * 60_000 }), stage('full', [100])] }),
    )
    expect(decisionSentence(drive.plan, step(drive, [2, 0, 18, 0]))).toBe(
      'wait: baking (1 of 30 healthy windows)',
    )
    const hold = decisionSentence(drive.plan, until(drive, [2, 0, 18, 0]))
    expect(hold).toContain(
      'hold: the maximum of the stage passed without evidence, a person decides: errors: ',
    )
    expect(hold).toContain('F2b-safe log e = ')
    expect(hold).toContain('< ln(1/0.01) = 4.61')
    expect(hold).toContain('does not exclude the ceiling → collecting')
  })

  it('has words for everything that the engine decides without numbers', () => {
    const drive = begin(plan())
    expect(decisionSentence(drive.plan, step(drive, QUIET))).toBe(
      'wait: observing, nobody is exposed (1 of 5 healthy windows)',
    )
    const edit = { by: 'ben', what: 'fallthrough' }
    expect(decisionSentence(drive.plan, step(drive, QUIET, { flagEditedOutside: edit }))).toMatch(
      /^hold: the flag was edited outside the rollout \(ben: fallthrough\)/,
    )
  })

  it('says for how long nothing has been known, and that it counts for nothing', () => {
    const drive = exposed(plan())
    expect(decisionSentence(drive.plan, until(drive, 'provider_error'))).toBe(
      'hold: a criterion has been without data beyond its budget: errors: no data for 16 min (provider error: as the test says); unknown is neither pass nor fail',
    )
  })
})
