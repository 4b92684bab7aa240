/**
 * The engine, driven by a procedure of its own: patching a database server. It has no flag in it,
 * which is the point.
 */
import { describe, expect, it } from 'vitest'

import {
  now,
  step,
  patching,
  setting,
  person,
  dev,
  tess,
  otto,
  pia,
  result,
  HASH,
  begun,
  on,
  refusal,
  ticket,
  backup,
  noBackup,
  planGood,
  write,
  attest,
  go,
  acknowledge,
  review,
  request,
  approve,
  open,
  rehearsed,
  scheduled,
  asked,
  approved,
} from '../../../../tests/support/patching.ts'
import { isRefusal } from '../refusal.ts'
import { SIGNAL_TYPES } from '../signal/signal.ts'
import { define, problemsOf } from './define.ts'
import { gateOf } from './gate.ts'
import { positionOf } from './next.ts'
import type { Actor, Run } from './run.ts'
import { signalsBetween } from './signals.ts'
import { presentAttempt, recordOf, stepState } from './standing.ts'
import { startRun } from './start.ts'
import { transition } from './transition.ts'
import type { RunEvent } from './transition.ts'

const twoWorkingDaysLater = new Date('2026-03-04T10:00:00Z')
const closing = (action: string) =>
  ({ kind: 'action-closed', action, note: 'done', by: dev }) satisfies RunEvent

const atSomeTime = {
  kind: 'scheduled',
  inside: true,
  blackouts: [],
  by: otto,
} satisfies RunEvent

describe('a definition', () => {
  it('P-E9 is refused when a step lacks one of its parts', () => {
    const holes = {
      ...step(1, 'rehearse'),
      purpose: '',
      inputs: [],
      actions: [],
      outputs: [],
      failure: { failure: '', actions: [], retry: '' },
    }
    const problems = problemsOf({ ...patching, steps: [holes, ...patching.steps.slice(1)] })
    for (const what of [
      'a purpose',
      'inputs',
      'actions',
      'outputs',
      'a failure',
      'failure actions',
      'a retry condition',
    ])
      expect(problems.join('\n')).toContain(`lacks ${what}`)
    expect(() => define({ ...patching, steps: [] })).toThrow('it has no step')
  })

  it('P-E8 is refused when a step names an input that does not exist before it', () => {
    const checks = patching.steps[0]?.checks ?? []
    const steps = [step(1, 'rehearse', { inputs: ['S2'], checks }), ...patching.steps.slice(1)]
    expect(problemsOf({ ...patching, steps })).toEqual([
      'step 1 (rehearse) needs S2, which does not exist before it',
    ])
  })

  it('P-M1 starts runs only while it is active', () => {
    const retired = { ...setting, definition: { ...patching, status: 'retired' as const } }
    expect(startRun(retired, { id: 'run_2', triggers: [], by: dev }, now)).toMatchObject({
      code: 'procedure-inactive',
    })
  })
})

describe('inputs and the work plan', () => {
  it('P-PL1 drafts a work plan; P-PL3 nobody reviews his own', () => {
    const run = begun()
    expect(run.workPlan.content).toMatchObject({
      procedures: ['Restore a backup'],
      validationPoints: ['After the rehearsal'],
    })
    expect(refusal(run, { ...planGood, by: dev })).toBe('own-work')
    expect(refusal(run, write(1, 'early'))).toBe('run-draft')
  })

  it('P-PL4 voids the review of a plan that is edited', () => {
    const run = on(open(), { kind: 'work-plan-written', content: { risks: ['power'] }, by: dev })
    expect(run.state).toEqual({ kind: 'draft' })
    expect(run.workPlan).toMatchObject({ revision: 2, authors: ['dora'] })
  })

  it('P-I-HALT halts with the way to each missing input, and opens by itself', () => {
    const run = on(begun(), planGood)
    expect(run.state).toEqual({ kind: 'halted', step: 1, inputs: ['ticket'] })
    expect(positionOf(setting, run).blockers).toEqual([
      expect.objectContaining({ code: 'input-missing', remedy: 'R1: Open a ticket.', who: ['tess'] }),
    ])
    expect(refusal(run, write(1, 'early'))).toBe('run-halted')
    expect(on(run, ticket).state).toEqual({ kind: 'open', step: 1, waitsFor: 'decision' })
  })

  it('P-I12 does not ask for an input before it is due', () => {
    const run = on(begun(), ticket, planGood)
    expect(run.state).toMatchObject({ kind: 'open', step: 1 })
    const later = on(run, write(1, 'done'), attest('C2'), attest('C3'), go(1, tess))
    expect(later.state).toMatchObject({ kind: 'halted', step: 2, inputs: ['backup'] })
  })

  it('P-E8 halts again when an input fails later, and makes the steps stale that used a changed one', () => {
    expect(on(scheduled(), noBackup).state).toMatchObject({ kind: 'halted', inputs: ['backup'] })
    const run = on(scheduled(), { ...ticket, value: { key: 'DB-8' } })
    expect(run.state).toEqual({ kind: 'open', step: 1, waitsFor: 'decision' })
    expect([1, 2].map((it) => stepState(patching, run, it))).toEqual(['stale', 'stale'])
  })
})

describe('deciding', () => {
  it('P-E1 keeps the steps in order', () => {
    expect(refusal(open(), write(2, 'early'))).toBe('step-locked')
    expect(refusal(open(), go(2, otto))).toBe('step-locked')
    expect(refusal(rehearsed(), go(1, tess))).toBe('step-decided')
  })

  it('P-E2 asks of a Go that every required check passes at that moment; unknown is no pass', () => {
    const run = on(open(), write(1, 'done'), attest('C2'), attest('C3'))
    expect(refusal(run, go(1, tess, { checks: [result('fail')] }))).toBe('checks-open')
    expect(refusal(run, go(1, tess, { checks: [result('unknown')] }))).toBe('checks-open')
    expect(refusal(run, go(1, tess, { checks: [] }))).toBe('checks-open')
    expect(on(run, go(1, tess)).state).toMatchObject({ kind: 'open', waitsFor: 'acknowledgement' })
  })

  it('P-E2 lets the decider override a failed check, with a reason that stays', () => {
    const run = on(open(), write(1, 'done'), attest('C2'), attest('C3'))
    const overrides = [{ check: 'C1', reason: 'known flake' }]
    expect(refusal(run, go(1, otto, { checks: [result('fail')], overrides }))).toBe('role-needed')
    expect(refusal(run, go(1, tess, { overrides }))).toBe('nothing-to-override')
    const done = on(run, go(1, tess, { checks: [result('fail')], overrides }))
    expect(presentAttempt(recordOf(done, 1)).decisions[0]).toMatchObject({ overrides, by: 'tess' })
  })

  it('asks for attested evidence where this version has no check, and takes no override instead', () => {
    const run = on(open(), write(1, 'done'), attest('C2'))
    expect(refusal(run, go(1, tess))).toBe('checks-open')
    expect(refusal(run, go(1, tess, { overrides: [{ check: 'C3', reason: 'no' }] }))).toBe(
      'nothing-to-override',
    )
    expect(refusal(run, attest('C1'))).toBe('checked-by-machine')
    const done = on(run, attest('C3'), go(1, tess))
    expect(presentAttempt(recordOf(done, 1)).decisions[0]?.evidence).toHaveLength(3)
  })

  it('P-E12 sets only those checks aside that may be', () => {
    const aside = (check: string, by: Actor): RunEvent => ({
      kind: 'check-set-aside',
      step: 1,
      check,
      reason: 'no load here',
      by,
    })
    expect(refusal(open(), aside('C3', tess))).toBe('always-applies')
    expect(refusal(open(), aside('C2', dev))).toBe('role-needed')
    expect(on(open(), write(1, 'done'), aside('C2', tess), attest('C3'), go(1, tess)).state.kind).toBe('open')
  })

  it('P-E9 refuses a Go while a required field is empty, and names it', () => {
    const next = transition(setting, on(open(), attest('C2'), attest('C3')), go(1, tess), now)
    expect(next).toMatchObject({ code: 'output-incomplete', message: expect.stringContaining('text') })
  })

  it('P-E10 needs both roles where both decide, and the right role where one does', () => {
    const run = on(rehearsed(), acknowledge, write(2, 'sunday'))
    expect(refusal(run, go(2, dev))).toBe('role-needed')
    const half = on(run, go(2, otto))
    expect(half.state).toMatchObject({ kind: 'open', step: 2 })
    expect(refusal(half, go(2, otto))).toBe('decided-already')
    expect(on(half, go(2, pia)).state).toMatchObject({ kind: 'open', step: 3 })
    expect(presentAttempt(recordOf(on(half, write(2, 'monday')), 2)).decisions).toEqual([])
  })

  it('P-E10 lets nobody decide what he alone produced', () => {
    const run = on(open(), write(1, 'mine', tess), attest('C2'), attest('C3'))
    expect(refusal(run, go(1, tess))).toBe('own-work')
    expect(on(run, write(1, 'ours', dev), attest('C2'), attest('C3'), go(1, tess)).state.kind).toBe('open')
  })

  it('is for people: no other token decides, attests or approves', () => {
    const token: Actor = { id: 'tess', kind: 'admin', roles: ['technical-lead'] }
    expect(refusal(on(open(), write(1, 'done')), go(1, token))).toBe('person-needed')
    expect(refusal(asked(), approve('technical-lead', token))).toBe('person-needed')
  })

  it('P-E3 opens attempt 2 after a No-Go and keeps the first readable; P-E11 the output must differ', () => {
    const run = on(
      open(),
      write(1, 'thin'),
      attest('C2'),
      attest('C3'),
      go(1, tess, { decision: 'no-go', rationale: 'too thin' }),
    )
    const record = recordOf(run, 1)
    expect(record.attempts[0]).toMatchObject({
      outcome: 'no-go',
      output: { text: 'thin' },
      failureActions: [
        { id: 's1-a1-1', kind: 'do', title: 'do it again', owners: ['dora'], due: twoWorkingDaysLater },
      ],
    })
    expect(presentAttempt(record)).toMatchObject({ number: 2, because: 'no-go', why: 'too thin' })
    expect(refusal(run, go(1, tess))).toBe('actions-open')
    expect(positionOf(setting, run).blockers[0]).toMatchObject({ code: 'action-open', who: ['dora'] })
    const done = on(run, closing('s1-a1-1'))
    expect(refusal(done, closing('s1-a1-1'))).toBe('closed-already')
    expect(refusal(done, closing('s1-a1-9'))).toBe('not-found')
    expect(refusal(done, go(1, tess))).toBe('output-unchanged')
    expect(on(done, go(1, tess, { unchangedBecause: 'was misread' })).state.kind).toBe('open')
    expect(on(done, write(1, 'thick'), attest('C2'), attest('C3'), go(1, tess)).state.kind).toBe('open')
  })

  it('P-E11 asks whom the failure handling names, and verifies inputs before it lets go', () => {
    const actions = [
      { kind: 'consult' as const, title: 'Ask those who know.', whom: 'experts' as const },
      { kind: 'verify' as const, title: 'Look at the backup.', inputs: ['backup'] },
    ]
    const failure = { failure: 'it is not', actions, retry: 'when done' }
    const [first, ...rest] = patching.steps
    const careful = {
      ...setting,
      definition: { ...patching, steps: [{ ...(first ?? step(1, 'rehearse')), failure }, ...rest] },
      policy: { ...setting.policy, experts: ['ada'] },
    }
    const drive = (run: Run, ...events: readonly RunEvent[]) =>
      events.reduce((it, event) => {
        const next = transition(careful, it, event, now)
        if (isRefusal(next)) throw new Error(next.code)
        return next
      }, run)
    const before = drive(open(), noBackup, write(1, 'thin'), attest('C2'), attest('C3'))
    const run = drive(before, go(1, tess, { decision: 'no-go', rationale: 'too thin' }))
    expect(recordOf(run, 1).attempts[0]?.failureActions).toMatchObject([
      { kind: 'consult', asked: ['ada'] },
      { kind: 'verify', inputs: ['backup'] },
    ])
    expect(signalsBetween(careful, before, run)).toMatchObject([
      { data: { question: 'Ask those who know.', because: 'too thin', notify: ['ada'] } },
    ])
    expect(transition(careful, run, closing('s1-a1-2'), now)).toMatchObject({ code: 'still-failing' })
    const right = drive(run, backup, closing('s1-a1-2'))
    expect(transition(careful, right, go(1, tess), now)).toMatchObject({ code: 'actions-open' })
    expect(drive(right, { ...closing('s1-a1-1'), evidence: HASH })).toBeDefined()
  })

  it('P-E4 makes later steps stale when the output of a finished one changes, and keeps nothing silently', () => {
    const run = on(scheduled(), write(1, 'otherwise'))
    expect([1, 2].map((it) => stepState(patching, run, it))).toEqual(['stale', 'stale'])
    expect(run.state).toEqual({ kind: 'open', step: 1, waitsFor: 'decision' })
    expect(recordOf(run, 1)).toMatchObject({ attested: [], checks: [] })
    expect(presentAttempt(recordOf(run, 2))).toMatchObject({ number: 2, because: 'stale' })
    expect(on(scheduled(), write(1, 'done'))).toEqual(scheduled())
  })

  it('P-E6 stops at a validation point until it is acknowledged, again after a new decision', () => {
    const run = rehearsed()
    expect(positionOf(setting, run)).toMatchObject({
      waitsFor: 'acknowledgement',
      blockers: [{ code: 'validation-point' }],
    })
    expect(refusal(on(run), go(2, otto))).toBe('validation-point')
    expect(refusal(run, { ...acknowledge, by: dev })).toBe('role-needed')
    const again = on(scheduled(), write(1, 'otherwise'), attest('C2'), attest('C3'), go(1, tess))
    expect(again.state).toEqual({ kind: 'open', step: 1, waitsFor: 'acknowledgement' })
  })
})

describe('approving', () => {
  it('P-S7-7 opens only when every subject is reviewed, by somebody who did not write it', () => {
    expect(refusal(scheduled(), request)).toBe('reviews-open')
    expect(refusal(scheduled(), { ...review, by: dev })).toBe('own-work')
    expect(refusal(scheduled(), { ...review, by: pia })).toBe('role-needed')
    const asking = on(scheduled(), { ...review, verdict: 'changes_requested', comment: 'more' })
    expect(refusal(asking, request)).toBe('reviews-open')
    expect(asked().state).toEqual({ kind: 'awaiting_approval' })
  })

  it('P-S7-2 takes the approvals of three different people who hold the roles', () => {
    const run = on(asked(), approve('technical-lead', tess))
    expect(refusal(run, approve('operations-lead', tess))).toBe('same-person')
    expect(refusal(run, approve('product-owner', otto))).toBe('role-needed')
    expect(refusal(run, approve('technical-lead', tess))).toBe('approved-already')
    expect(refusal(run, approve('administrator', person('root', 'administrator')))).toBe('approval-unknown')
    expect(approved().state).toEqual({ kind: 'approved' })
  })

  it('P-S7-2 takes no approval from an author of the part that the role signs', () => {
    const wrote = on(
      rehearsed(),
      acknowledge,
      write(2, 'sunday', otto),
      write(2, 'monday'),
      go(2, otto),
      go(2, pia),
      review,
      request,
    )
    expect(refusal(wrote, approve('operations-lead', otto))).toBe('own-work')
    expect(refusal(asked(), approve('technical-lead', tess, { authors: { rehearsal: ['tess'] } }))).toBe(
      'own-work',
    )
  })

  it('P-S7-3 binds an approval to the hash of the bundle', () => {
    expect(refusal(asked(), approve('technical-lead', tess, { bundleHash: 'cd'.repeat(32) }))).toBe(
      'bundle-changed',
    )
    expect(refusal(asked(), approve('technical-lead', tess, { presentHash: 'cd'.repeat(32) }))).toBe(
      'bundle-changed',
    )
  })

  it('P-S7-3 voids approvals when something in the bundle changes, and says so', () => {
    const seen = on(approved(), { kind: 'observed', step: 2, hash: 'one' })
    expect(seen.state.kind).toBe('approved')
    const run = on(seen, { kind: 'observed', step: 2, hash: 'two', by: 'dora' })
    expect(run.state).toEqual({ kind: 'reopened', step: 2, because: 'the server list was changed by dora' })
    expect(run.approvals.every((it) => it.voided !== undefined)).toBe(true)
    expect(run.authors).toEqual({ servers: ['dora'] })
    const stale = run.approvals.map(() => SIGNAL_TYPES.approvalStale)
    const given = run.approvals.map(() => SIGNAL_TYPES.approvalGranted)
    expect(signalsBetween(setting, seen, run).map((it) => it.type)).toEqual([
      ...stale,
      'patch.cleared.revoked',
    ])
    expect(signalsBetween(setting, asked(), approved()).map((it) => it.type)).toEqual([
      ...given,
      'patch.cleared',
    ])
  })

  it('takes no approval back when an input fails later, but does when one is given anew', () => {
    expect(on(approved(), noBackup).state).toEqual({ kind: 'approved' })
    const run = on(approved(), { ...ticket, value: { key: 'DB-8' } })
    expect(run.state).toMatchObject({ kind: 'reopened', step: 1 })
    expect(on(run, noBackup).state).toMatchObject({ kind: 'reopened', step: 1 })
  })

  it('P-X1 closes the gate as soon as the bundle hashes to something else', () => {
    expect(gateOf(setting, approved(), { milestone: 'cleared' }, { presentHash: HASH })).toMatchObject({
      open: true,
      blockers: [],
    })
    const gate = gateOf(setting, approved(), { milestone: 'cleared' }, { presentHash: 'cd'.repeat(32) })
    expect(gate).toMatchObject({ open: false, blockers: [{ code: 'bundle-changed' }] })
    expect(gateOf(setting, asked(), { milestone: 'cleared' }, {})).toMatchObject({ open: false })
    const late = gateOf(
      setting,
      approved(),
      { stage: 2 },
      { stage: { state: 'running', stage: 1, alive: true } },
    )
    expect(late).toMatchObject({ open: false, blockers: [{ code: 'stage-not-reached' }] })
  })

  it('E3 of the last step sends it back: a No-Go of an approver voids what was given', () => {
    const half = on(asked(), approve('technical-lead', tess))
    expect(refusal(half, go(3, pia))).toBe('decided-by-approvals')
    const run = on(half, go(3, pia, { decision: 'no-go', rationale: 'not on sunday' }))
    expect(run.state).toEqual({ kind: 'open', step: 3, waitsFor: 'decision' })
    expect(run.approvals[0]?.voided?.because).toContain('not on sunday')
    expect(presentAttempt(recordOf(run, 3)).number).toBe(2)
  })

  it('completes once scheduled, and ends when aborted unless users are exposed', () => {
    expect(refusal(approved(), { ...atSomeTime, start: new Date(0) })).toBe('start-is-past')
    expect(on(approved(), atSomeTime).state).toEqual({ kind: 'completed' })
    const abort: RunEvent = {
      kind: 'aborted',
      cause: 'cancelled',
      lessons: 'start earlier',
      exposed: [],
      unexposed: ['production: off'],
      by: pia,
    }
    expect(refusal(approved(), { ...abort, exposed: ['production: on'] })).toBe('rollback-required')
    const ended = on(approved(), abort)
    expect(ended.state).toEqual({ kind: 'aborted' })
    expect(refusal(ended, ticket)).toBe('run-aborted')
  })
})
