/** Inputs whose sources change after they were accepted. */
import { describe, expect, it } from 'vitest'

import type { Sighting } from '../reference/model.ts'
import { featureFlagRollout } from './feature-flag-rollout.ts'
import { lookAtInputs } from './inputs.ts'
import type { InputVerdict, Run, Setting } from './run.ts'
import { startRun } from './start.ts'

const later = (minutes: number) => new Date(minutes * 60_000)
const ok: InputVerdict = { ok: true, checked: 'machine', findings: [] }
const found: Sighting = { place: 'reference', of: 'it', state: 'found', hash: 'a', at: later(0) }
const setting = {
  project: 'shop',
  feature: 'checkout',
  definition: featureFlagRollout,
  people: {},
} as unknown as Setting

function given(): Run {
  const by = { id: 'dana', kind: 'user', roles: [] } as const
  const run = startRun(setting, { id: 'run_1', triggers: [], by }, later(0))
  if ('code' in run) throw new Error(run.message)
  const input = { value: {}, by: 'dana', at: later(0), verdict: ok, sightings: [found] }
  return { ...run, inputs: { 'P-I1': input } }
}

const look = (run: Run, sighting: Sighting, verdict: InputVerdict, minutes: number) =>
  lookAtInputs(
    setting,
    run,
    { kind: 'inputs-looked-at', looks: { 'P-I1': { sightings: [sighting], verdict } } },
    later(minutes),
  )

describe('looking again', () => {
  it('changes nothing where nothing changed, however often and whenever', () => {
    const run = given()
    expect(look(run, { ...found, at: later(9), ms: 4 }, ok, 9)).toBe(run)
    const changed = look(run, { ...found, hash: 'b' }, ok, 10)
    expect(look(changed, { ...found, hash: 'b' }, ok, 11)).toBe(changed)
  })

  it('fails an input whose source changed, since then, and takes it back when it is as it was', () => {
    const changed = look(given(), { ...found, hash: 'b' }, ok, 10)
    expect(changed.inputs['P-I1']).toMatchObject({
      verdict: {
        ok: false,
        findings: ['reference: it has changed, from a to b', expect.stringContaining('again')],
      },
      since: later(10),
      sightings: [{ hash: 'a' }],
    })
    const back = look(changed, found, ok, 20)
    expect(back.inputs['P-I1']).toMatchObject({ verdict: ok, since: later(20) })
    expect(back.inputs['P-I1']?.differs).toBeUndefined()
  })

  it('takes what could not be looked at first as it is found first', () => {
    const unknown: InputVerdict = { ok: false, checked: 'machine', findings: ['no answer'], unknown: true }
    const run = given()
    const input = {
      value: {},
      by: 'dana',
      at: later(0),
      verdict: unknown,
      sightings: [{ ...found, state: 'unknown' as const }],
    }
    const seen = look({ ...run, inputs: { 'P-I1': input } }, found, ok, 5)
    expect(seen.inputs['P-I1']).toMatchObject({ verdict: ok, sightings: [{ state: 'found', hash: 'a' }] })
  })
})
