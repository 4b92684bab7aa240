import { describe, expect, it } from 'vitest'

import { plan } from '../../../../tests/support/rollout.ts'
import { lintCriteria } from '../rollout/lint-criteria.ts'
import { guardrail } from '../rollout/plan.ts'
import { judge, type Question } from './criteria.ts'
import { foldCriterion, NO_EVIDENCE } from './evidence.ts'
import type { LevelWatch } from './level.ts'
import type { CriterionEvidence, Measurement } from './model.ts'
import type { Scope } from './scope.ts'
import { verdictSentence } from './sentence.ts'

const { role: _guardrail, ...base } = guardrail('cpu', { kind: 'telemetry', counts: 'bad' })
const CPU: LevelWatch = {
  ...base,
  role: 'watch',
  source: { kind: 'resources', resource: 'cpu', limit: 0.8 },
  onFail: 'hold',
}
const SCOPE: Scope = {
  windowEnd: new Date('2026-03-02T10:00:00Z'),
  audiences: ['everybody'],
  exposed: ['everybody'],
  observing: false,
  threshold: 7,
  blockAlpha: 0.01,
  dispersion: () => ({ relative: 1, absolute: 1 }),
}
const QUESTION: Question = {
  audience: 'everybody',
  alone: false,
  beta: 0.01,
  absoluteOnly: false,
  timeDecides: false,
  dispersion: SCOPE.dispersion,
  blindMs: 0,
  blindLimitMs: 10_000,
}

/** Folds windows: so many of two instances were above the limit, or nothing was reported. */
function after(windows: readonly (number | undefined)[]): CriterionEvidence {
  return windows.reduce<CriterionEvidence>((evidence, x) => {
    const counts = { audience: 'everybody', exposed: { n: 2, x: x ?? 0 }, control: { n: 0, x: 0 } }
    const measured: Measurement =
      x === undefined
        ? { criterion: 'cpu', kind: 'empty', detail: 'no instance has reported cpu' }
        : { criterion: 'cpu', kind: 'ok', audiences: [counts] }
    return foldCriterion(CPU, evidence, measured, SCOPE)
  }, NO_EVIDENCE)
}

describe('a resource', () => {
  it('P-S4-11 holds above its limit in three windows in a row, and lets go after three below', () => {
    const verdict = (windows: readonly (number | undefined)[]) => judge(CPU, after(windows), QUESTION)
    expect(verdict([1, 0, 1, 1])).toMatchObject({ kind: 'go', tier: 'watch' })
    const held = verdict([0, 1, 1, 2])
    expect(held).toMatchObject({ kind: 'hold', reason: 'watch', breach: { test: 'level', threshold: 0.8 } })
    expect(verdictSentence(held)).toBe(
      'cpu: 2 of 2 instances above 0.8 in each of the latest windows: of the service, and of both arms alike → hold until the latest windows show it no more',
    )
    expect(verdict([1, 1, 1, 0, 0])).toMatchObject({ kind: 'hold' })
    const over = verdict([1, 1, 1, 0, 0, 0])
    expect(over).toMatchObject({ kind: 'go', judgement: { level: { n: 2, x: 0, limit: 0.8 } } })
    expect(verdictSentence(over)).toMatch(/^cpu: 0 of 2 instances above 0\.8; .*watched, no breach$/)
  })

  it('is unknown where nobody reports it: neither above nor below', () => {
    const evidence = after([1, 1, undefined, undefined])
    expect(evidence).toMatchObject({ blindWindows: 2, blind: { kind: 'empty' } })
    expect(evidence.watched).toBeUndefined()
    expect(after([1, 1, undefined, 1]).watched).toMatchObject({ test: 'level' })
  })

  it('never rolls back, and is compared with nothing: it is a watch with a limit', () => {
    const faults = (criterion: object) =>
      lintCriteria(plan({ criteria: [...plan().criteria, { ...CPU, ...criterion }] }), {}).map((it) => it.id)
    expect(faults({})).toEqual([])
    expect(faults({ role: 'guardrail' })).toContain('resource-watch')
    expect(faults({ ceiling: 0.5 })).toContain('resource-watch')
    expect(faults({ source: { ...CPU.source, limit: -1 } })).toContain('resource-limit')
    expect(faults({ source: { ...CPU.source, resource: 'pool:' } })).toContain('resource-name')
    expect(faults({ source: { ...CPU.source, resource: 'pool:main' } })).not.toContain('resource-name')
  })
})
