/** What the checks say of verification runs and drills that are missing, stale, slow or incomplete. */
import { describe, expect, it } from 'vitest'

import type { EnvironmentFound, LayerFound } from '../../verification/model.ts'
import {
  checkFireDrill,
  checkFlagMonitoring,
  checkLayers,
  checkRollbackDrill,
  checkToggleSpeed,
  verifiedEverywhere,
} from './check-verification.ts'
import type { TriedFacts } from './check-verification.ts'

const backend: LayerFound = {
  layer: 'backend',
  instances: ['one'],
  servedOn: true,
  servedOff: true,
  codeDefaults: [false],
}

function environment(key: string, change: Partial<EnvironmentFound> = {}): EnvironmentFound {
  const instances = [{ instanceId: 'one', application: 'shop', confirmedAfterMs: 12 }]
  return {
    environment: key,
    protected: key === 'production',
    engine: { findings: [], figures: {} },
    sdk: { asked: [], answered: [], contexts: 500, findings: [] },
    toggles: [{ what: 'probe', environment: key, revision: 3, instances }],
    layers: [backend],
    ...change,
  }
}

function facts(environments: readonly EnvironmentFound[], current = true): TriedFacts {
  const found = { boundMs: 5_000, offValue: false, environments }
  return {
    outputs: {
      strategy: { layers: ['backend'] },
      flags: {},
      plan: {},
      monitoring: {},
      rollback: {},
    },
    environments: ['staging', 'production'].map((key) => ({
      key,
      protected: key === 'production',
      segments: [],
    })),
    exercises: {
      verification: { id: 'verification_1', evidence: 'abc', current, found },
      monitoring: { status: true, usage: true },
    },
  }
}

const both = [environment('staging'), environment('production')]
const without = { ...facts(both), exercises: { monitoring: { status: false, usage: false } } }

describe('a check that rests on a verification run', () => {
  it.each([checkToggleSpeed, checkLayers, verifiedEverywhere])(
    'is unknown without one, and once the flag has changed',
    (check) => {
      expect(check(without).state).toBe('unknown')
      expect(check(facts(both, false)).findings.join()).toContain('has changed since')
      expect(check(facts(both)).state).toBe('pass')
    },
  )

  it('P-S2-5 is unknown where no instance is connected, and names the environment', () => {
    const toggles = [{ what: 'probe' as const, environment: 'production', revision: 3, instances: [] }]
    const empty = [environment('staging'), environment('production', { toggles })]
    expect(checkToggleSpeed(facts(empty))).toMatchObject({
      state: 'unknown',
      findings: ['no instance is connected in production'],
    })
  })

  it('P-S2-9 fails when an environment is missing, and when the flag was switched in production', () => {
    expect(verifiedEverywhere(facts([environment('staging')])).findings).toEqual([
      'the verification run has not covered production',
    ])
    const toggles = [{ what: 'enable' as const, environment: 'production', revision: 3, instances: [] }]
    const switched = [environment('staging'), environment('production', { toggles })]
    expect(verifiedEverywhere(facts(switched)).findings).toEqual(['the flag was switched in production'])
  })

  it('P-S2-8 is unknown for a layer that only production has, or that lacks a branch', () => {
    const none = { ...backend, instances: [], servedOn: false, servedOff: false, codeDefaults: [] }
    const there = [environment('staging', { layers: [none] }), environment('production')]
    expect(checkLayers(facts(there)).findings).toEqual([
      'backend: no instance is connected outside production',
    ])
    const half = environment('staging', { layers: [{ ...backend, servedOn: false }] })
    expect(checkLayers(facts([half])).findings).toEqual(['backend: no request was served the on-branch'])
  })

  it('P-S2-8 fails when layers give different defaults', () => {
    const layers = [backend, { ...backend, layer: 'frontend', codeDefaults: [false, true] }]
    expect(checkLayers(facts([environment('staging', { layers })])).findings).toEqual([
      'staging: the code of the frontend defaults to true, not to off',
    ])
  })

  it('P-S4-12 names what is missing of status, usage and impact', () => {
    expect(checkFlagMonitoring(facts(both)).state).toBe('pass')
    expect(checkFlagMonitoring(without)).toMatchObject({ state: 'unknown' })
    expect(checkFlagMonitoring(without).findings).toHaveLength(3)
  })

  it.each([checkFireDrill, checkRollbackDrill])('a drill that never was is unknown', (check) => {
    expect(check(without).state).toBe('unknown')
  })
})
