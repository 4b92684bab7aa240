/** What makes each required input count. */
import { describe, expect, it } from 'vitest'

import type { Sighting } from '../../reference/model.ts'
import { featureFlagRollout } from '../feature-flag-rollout.ts'
import type { InputDefinition } from '../model.ts'
import type { JsonObject } from '../run.ts'
import type { FlagRolloutFacts } from './facts.ts'
import { wantedOf } from './input-references.ts'
import { judgeInput, observeInputs } from './judge-input.ts'

const at = new Date(0)
const attestation = { statement: 'I looked', reference: 'https://example.org' }
const found: Sighting = { place: 'reference', of: 'it', state: 'found', hash: 'a1', at }
const lost: Sighting = { place: 'reference', of: 'it', state: 'unknown', note: 'no answer', at }
const around = { triggers: [], values: {} }

function input(id: string): InputDefinition {
  const definition = featureFlagRollout.inputs.find((it) => it.id === id)
  if (definition === undefined) throw new Error(`no input ${id}`)
  return definition
}

const judge = (id: string, value: JsonObject, sightings: readonly Sighting[] = [found]) =>
  judgeInput(input(id), { value, sightings, attestation }, around)

describe('inputs', () => {
  it('P-I1 counts once its document was seen: a word for it is not enough', () => {
    const value = {
      reference: { kind: 'url', url: 'https://example.org/req' },
      acceptanceCriteria: ['works'],
    }
    expect(judge('P-I1', value)).toEqual({ ok: true, checked: 'machine', findings: [] })
    expect(judge('P-I1', value, [lost])).toMatchObject({ ok: false, unknown: true })
    expect(judge('P-I1', value, [])).toMatchObject({ ok: false, unknown: true })
    expect(judge('P-I1', value, [{ ...lost, state: 'absent' }])).toEqual({
      ok: false,
      checked: 'machine',
      findings: ['reference: no answer'],
    })
  })

  it('P-I2 unknown never passes; an override is shown as one', () => {
    const value = { layers: [{ layer: 'backend', reference: { kind: 'git' } }] }
    const override = { reason: 'behind a firewall', by: 'tess', at }
    const verdict = judgeInput(input('P-I2'), { value, sightings: [lost], override }, around)
    expect(verdict).toEqual({
      ok: true,
      checked: 'overridden',
      findings: ['reference: no answer'],
      unknown: true,
    })
    expect(wantedOf('P-I2', value).map((it) => it.place)).toEqual(['backend 1'])
  })

  it('P-I3 needs tests, all of them green, and an override does not help', () => {
    const seen = (total: number, failed: number): Sighting => ({
      ...found,
      tests: { format: 'junit', total, passed: total - failed, failed, skipped: 0, failing: [] },
    })
    expect(judge('P-I3', {}, [seen(10, 0)])).toMatchObject({ ok: true, checked: 'machine' })
    expect(judge('P-I3', {}, [seen(0, 0)]).findings).toEqual(['reference: no test was run'])
    const override = { reason: 'flaky', by: 'tess', at }
    const red = judgeInput(input('P-I3'), { value: {}, sightings: [seen(10, 2), lost], override }, around)
    expect(red).toMatchObject({ ok: false, checked: 'machine' })
    expect(red.findings[0]).toBe('reference: 2 of 10 tests failed')
  })

  it('P-I4 needs a reference for each of logging, metrics and alerting, and metrics that exist', () => {
    const value = { logging: {}, metrics: {}, named: ['bad', 'p95'] }
    expect(judge('P-I4', value).findings).toEqual([
      'alerting has no reference',
      'the built-in telemetry has no metric p95; it has bad, slow',
    ])
    expect(wantedOf('P-I4', value).map((it) => it.place)).toEqual(['logging', 'metrics', 'metrics source'])
  })

  it('P-I6 is a word, and answers each criterion of P-I1 and the QA procedures', () => {
    const procedures = [{ name: 'QA', result: 'passed' }]
    const values = { 'P-I1': { acceptanceCriteria: ['pays', 'refunds'] } }
    const met = { criteria: [{ criterion: 'pays', met: true }], procedures }
    const given = { value: met, sightings: [found], attestation }
    expect(judgeInput(input('P-I6'), given, { triggers: [], values }).findings).toEqual([
      'not answered: refunds',
    ])
    expect(judge('P-I6', { criteria: [{ criterion: 'refunds', met: false }], procedures }).findings).toEqual([
      'not met: refunds',
    ])
    expect(judge('P-I6', { ...met, procedures: [] }).ok).toBe(false)
    expect(judge('P-I6', met)).toEqual({ ok: true, checked: 'attested', findings: [] })
    expect(judgeInput(input('P-I6'), { value: met, sightings: [found] }, around).ok).toBe(false)
  })

  it('P-T2 keeps P-I6 open while the acceptance is in progress', () => {
    const value = { criteria: [{ criterion: 'pays', met: true }], procedures: [{ name: 'QA', result: 'ok' }] }
    const trigger = { kind: 'acceptance', state: 'in_progress', source: 'Jira', at }
    const given = { value, sightings: [found], attestation }
    const during = judgeInput(input('P-I6'), given, { triggers: [trigger], values: {} })
    expect(during.findings).toEqual(['the acceptance is in progress, says Jira'])
    const triggers = [trigger, { ...trigger, state: 'completed' }]
    expect(judgeInput(input('P-I6'), given, { triggers, values: {} }).ok).toBe(true)
  })

  it('P-I8 is observed: environments, a key to connect with, storage, and the evaluation itself', () => {
    const facts = { environments: [{}], serverKeys: 1, writable: true } as unknown as FlagRolloutFacts
    expect(observeInputs(facts)['P-I8']).toEqual({ ok: true, checked: 'machine', findings: [] })
    expect(observeInputs({ ...facts, serverKeys: 0 })['P-I8']).toMatchObject({ ok: false })
    expect(observeInputs({ ...facts, writable: false })['P-I8']?.findings).toEqual([
      'the storage takes no changes',
    ])
  })

  it('P-R1 … P-R12 every input has a way to it, a role and a due date', () => {
    const ways = featureFlagRollout.inputs.map(({ id, remediation }) => [id, remediation.id])
    expect(ways).toHaveLength(12)
    expect(new Set(ways.map(([, way]) => way)).size).toBe(12)
    for (const { remediation } of featureFlagRollout.inputs) {
      expect(remediation.path.length).toBeGreaterThan(20)
      expect(remediation.role).toMatch(/^(technical-lead|operations-lead|product-owner)$/)
      expect(remediation.dueInDays ?? 5).toBeGreaterThan(0)
    }
  })

  it('looks at nothing for inputs that hold all there is', () => {
    for (const id of ['P-I7', 'P-I8', 'P-I9', 'P-I10']) expect(wantedOf(id, {})).toEqual([])
  })
})
