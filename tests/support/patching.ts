/**
 * A procedure without any flag in it, for the engine's tests: patching a database server. With the
 * people of one feature, the events that drive a run, and runs that have got so far.
 */
import type { Role } from '@flagmarshal/domain/access/permission'
import { define } from '@flagmarshal/domain/procedure/define'
import type { ProcedureDefinition, StepDefinition } from '@flagmarshal/domain/procedure/model'
import { DEFAULT_POLICY } from '@flagmarshal/domain/procedure/policy'
import type { Actor, CheckResult, Run, Setting } from '@flagmarshal/domain/procedure/run'
import { startRun } from '@flagmarshal/domain/procedure/start'
import { transition } from '@flagmarshal/domain/procedure/transition'
import type { RunEvent } from '@flagmarshal/domain/procedure/transition'
import { isRefusal } from '@flagmarshal/domain/refusal'

export const now = new Date('2026-03-02T10:00:00Z')

export function step(number: number, id: string, more: Partial<StepDefinition> = {}): StepDefinition {
  return {
    number,
    id,
    title: id,
    purpose: `to ${id}`,
    inputs: [number === 1 ? 'ticket' : `S${number - 1}`],
    actions: ['do it'],
    outputs: [{ field: 'text', title: 'what was done', required: true }],
    checks: [],
    decision: { by: 'person', question: 'good?', roles: ['technical-lead'], all: false },
    failure: { failure: 'it is not', actions: [{ kind: 'do', title: 'do it again' }], retry: 'when done' },
    ...more,
  }
}

export const patching: ProcedureDefinition = {
  id: 'database-patch',
  version: 3,
  name: 'Patch a database server',
  status: 'active',
  owner: 'Database team',
  source: { document: 'patching.md', sha256: '0'.repeat(64) },
  related: ['Restore a backup'],
  inputs: [
    {
      id: 'ticket',
      title: 'Change ticket',
      how: 'structured',
      dueBefore: 1,
      remediation: { id: 'R1', path: 'Open a ticket.', role: 'technical-lead' },
    },
    {
      id: 'backup',
      title: 'Backup of tonight',
      how: 'automatic',
      dueBefore: 2,
      remediation: { id: 'R2', path: 'Wait for the backup.', role: 'operations-lead' },
    },
  ],
  steps: [
    step(1, 'rehearse', {
      checks: [
        {
          id: 'C1',
          title: 'rehearsal is green',
          required: true,
          availability: 'available',
          mayBeNotApplicable: false,
        },
        {
          id: 'C2',
          title: 'load was tried',
          required: true,
          availability: 'not_in_this_version',
          mayBeNotApplicable: true,
        },
        {
          id: 'C3',
          title: 'licences are there',
          required: true,
          availability: 'not_in_this_version',
          mayBeNotApplicable: false,
        },
      ],
    }),
    step(2, 'schedule', {
      inputs: ['S1', 'backup'],
      observes: 'the server list',
      decision: { by: 'person', question: 'when?', roles: ['operations-lead', 'product-owner'], all: true },
    }),
    step(3, 'sign', {
      outputs: [{ field: 'none', title: 'approvals', required: false }],
      decision: { by: 'approvals', question: 'patch?' },
    }),
  ],
  validationPoints: [{ id: 'rehearsed', title: 'After the rehearsal', after: 1 }],
  parts: [
    { id: 'rehearsal', step: 1 },
    { id: 'window', step: 2, fields: ['text'] },
    { id: 'servers', step: 2 },
  ],
  reviews: [
    {
      id: 'technical',
      roles: ['developer'],
      subjects: [{ id: 'rehearsal', title: 'rehearsal', parts: ['rehearsal'] }],
    },
  ],
  approvals: [
    { role: 'technical-lead', signs: 'the patch', parts: ['rehearsal'] },
    { role: 'operations-lead', signs: 'the window', parts: ['window'] },
    { role: 'product-owner', signs: 'the outage', parts: [] },
  ],
  milestones: [
    { id: 'rehearsed', title: 'Rehearsed', when: { step: 1 }, signal: 'patch.rehearsed' },
    { id: 'cleared', title: 'Cleared', when: 'approved', signal: 'patch.cleared' },
  ],
  outputs: ['a patched server'],
  validation: [
    { id: 'rehearsal-works', title: 'The rehearsal works', needs: [{ kind: 'check', check: 'C1' }] },
    { id: 'load-tried', title: 'Load was tried', needs: [{ kind: 'check', check: 'C2' }] },
    { id: 'technical', title: 'Technical review', needs: [{ kind: 'reviews', group: 'technical' }] },
  ],
  done: [
    { id: 'scheduled', title: 'It has a window', needs: [{ kind: 'step', step: 2 }] },
    { id: 'signed', title: 'Everybody has signed', needs: [{ kind: 'approvals' }] },
    { id: 'ready', title: 'It can be patched', needs: [{ kind: 'completed' }] },
  ],
  exitStates: [{ id: 'completed', title: 'Completed', means: 'patched' }],
  ownWork: 'refused',
}

export const setting: Setting = {
  project: 'ops',
  feature: 'db-7',
  definition: define(patching),
  people: { 'technical-lead': ['tess'], 'operations-lead': ['otto', 'tess'], 'product-owner': ['pia'] },
  owner: 'database team',
  stakeholders: ['data team'],
  policy: DEFAULT_POLICY,
}

export function person(id: string, ...roles: Role[]): Actor {
  return { id, kind: 'user', roles }
}
export const dev = person('dora', 'developer')
export const dev2 = person('dirk', 'developer')
export const tess = person('tess', 'technical-lead', 'operations-lead')
export const otto = person('otto', 'operations-lead')
export const pia = person('pia', 'product-owner')

export function result(state: CheckResult['state'] = 'pass'): CheckResult {
  return {
    check: 'C1',
    state,
    findings: state === 'pass' ? [] : ['3 tests failed'],
    facts: {},
    at: now,
    evidence: 'c1'.repeat(32),
  }
}

export const HASH = 'ab'.repeat(32)

export function begun(): Run {
  const run = startRun(setting, { id: 'run_1', triggers: [], by: dev }, now)
  if (isRefusal(run)) throw new Error(run.message)
  return run
}

export function on(run: Run, ...events: readonly RunEvent[]): Run {
  return events.reduce((it, event) => {
    const next = transition(setting, it, event, now)
    if (isRefusal(next)) throw new Error(`${event.kind}: ${next.code}: ${next.message}`)
    return next
  }, run)
}

export function refusal(run: Run, event: RunEvent): string {
  const next = transition(setting, run, event, now)
  return isRefusal(next) ? next.code : 'not refused'
}

export const ticket = {
  kind: 'input-provided',
  input: 'ticket',
  value: { key: 'DB-7' },
  verdict: { ok: true, checked: 'machine', findings: [] },
  by: dev,
} satisfies RunEvent
export const backup = {
  kind: 'inputs-observed',
  verdicts: { backup: { ok: true, checked: 'machine', findings: [] } },
} satisfies RunEvent
export const noBackup = {
  kind: 'inputs-observed',
  verdicts: { backup: { ok: false, checked: 'machine', findings: ['no backup tonight'] } },
} satisfies RunEvent
export const planGood = {
  kind: 'work-plan-reviewed',
  verdict: 'approved',
  comments: '',
  by: dev2,
} satisfies RunEvent
export const write = (number: number, text: string, by = dev): RunEvent => ({
  kind: 'output-written',
  step: number,
  output: { text },
  by,
})
export const attest = (check: string): RunEvent => ({
  kind: 'check-attested',
  step: 1,
  check,
  statement: 'seen',
  reference: 'https://example.org/1',
  evidence: check.repeat(32),
  by: dev,
})
export function go(
  number: number,
  by: Actor,
  more: Partial<Extract<RunEvent, { kind: 'decided' }>> = {},
): RunEvent {
  return {
    kind: 'decided',
    step: number,
    decision: 'go',
    rationale: 'fine',
    overrides: [],
    checks: number === 1 ? [result()] : [],
    by,
    ...more,
  }
}
export const acknowledge = { kind: 'acknowledged', step: 1, by: otto } satisfies RunEvent
export const review = {
  kind: 'subject-reviewed',
  group: 'technical',
  subject: 'rehearsal',
  verdict: 'reviewed',
  authors: {},
  by: dev2,
} satisfies RunEvent
export const request = {
  kind: 'approval-requested',
  bundleHash: HASH,
  checks: [],
  by: dev,
} satisfies RunEvent
export function approve(
  role: Role,
  by: Actor,
  more: Partial<Extract<RunEvent, { kind: 'approved' }>> = {},
): RunEvent {
  return { kind: 'approved', role, bundleHash: HASH, presentHash: HASH, authors: {}, by, ...more }
}

export const open = (): Run => on(begun(), ticket, backup, planGood)
export const rehearsed = (): Run => on(open(), write(1, 'done'), attest('C2'), attest('C3'), go(1, tess))
export const scheduled = (): Run => on(rehearsed(), acknowledge, write(2, 'sunday'), go(2, otto), go(2, pia))
export const asked = (): Run => on(scheduled(), review, request)
export const approved = (): Run =>
  on(
    asked(),
    approve('technical-lead', tess),
    approve('operations-lead', otto),
    approve('product-owner', pia),
  )
