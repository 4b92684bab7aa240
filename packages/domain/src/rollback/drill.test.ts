import { describe, expect, it } from 'vitest'

import { alertVerdict, rollbackVerdict } from './drill.ts'
import type { AlertDrillFound, RollbackDrillFound } from './drill.ts'

const alert: AlertDrillFound = {
  nonce: 'n',
  rule: 'errors',
  numbers: { requests: 100, share: 0.03, threshold: 0.02 },
  hops: [
    { hop: 'the rule fired', afterMs: 3 },
    { hop: 'our receiver got the alert', afterMs: 8 },
  ],
  channels: [{ channel: 'on-call', state: 'delivered', afterMs: 40 }],
}

const rollback: RollbackDrillFound = {
  environment: 'staging',
  toggles: [
    {
      what: 'disable',
      environment: 'staging',
      revision: 7,
      instances: [{ instanceId: 'one', application: 'shop', confirmedAfterMs: 12 }],
    },
  ],
  kill: 'kill_1',
  recovery: { servedOn: true, servedOff: true },
  hooks: [],
}

describe('a fire drill', () => {
  it('P-S4-6 passes when every hop was reached and every channel has it', () => {
    expect(alertVerdict(alert)).toEqual({ verdict: 'passed', findings: [] })
  })

  it('P-S4-6 fails by the hop or the channel that it did not reach', () => {
    const hops = [{ hop: 'the rule fired', afterMs: null }]
    const channels = [{ channel: 'on-call', state: 'waiting', afterMs: null }]
    expect(alertVerdict({ ...alert, hops, channels })).toEqual({
      verdict: 'failed',
      findings: ['the rule fired: not reached in time', 'the channel on-call has not delivered it (waiting)'],
    })
  })
})

describe('a rollback drill', () => {
  it('P-S5-6 passes when every instance followed and requests went back', () => {
    expect(rollbackVerdict(rollback).verdict).toBe('passed')
  })

  it('P-S5-6 says nothing where no instance is connected outside production', () => {
    expect(rollbackVerdict({ ...rollback, environment: null, toggles: [] }).verdict).toBe('unknown')
  })

  it('P-S5-6 names the instance that did not follow, and requests that stayed on', () => {
    const [toggle] = rollback.toggles
    const instances = [{ instanceId: 'two', application: 'shop', confirmedAfterMs: null }]
    const late = {
      ...rollback,
      toggles: toggle === undefined ? [] : [{ ...toggle, instances }],
      recovery: { servedOn: true, servedOff: false },
    }
    expect(rollbackVerdict(late)).toEqual({
      verdict: 'failed',
      findings: ['two did not follow the disable in time', 'no request got the off-branch after the disable'],
    })
  })
})
