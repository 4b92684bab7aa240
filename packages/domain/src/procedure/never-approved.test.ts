/**
 * Whatever people do, in whatever order: a run is approved only when every gate was passed.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  acknowledge,
  approve,
  attest,
  backup,
  begun,
  dev,
  dev2,
  go,
  HASH,
  noBackup,
  now,
  otto,
  patching,
  pia,
  planGood,
  request,
  result,
  review,
  setting,
  tess,
  ticket,
  write,
} from '../../../../tests/support/patching.ts'
import { isRefusal } from '../refusal.ts'
import { actionsOf, openActions } from './action.ts'
import { standing, subjectsOf } from './approval.ts'
import { standingOf } from './checks.ts'
import type { Run } from './run.ts'
import { lackingInputs, presentAttempt, recordOf, stepOf } from './standing.ts'
import { transition } from './transition.ts'
import type { RunEvent } from './transition.ts'

const people = [dev, dev2, tess, otto, pia]

/** Events in the order of a good run come often, so that some sequences get far; the rest disturbs them. */
const good: readonly RunEvent[] = [
  ticket,
  backup,
  planGood,
  write(1, 'done'),
  attest('C2'),
  attest('C3'),
  go(1, tess),
  acknowledge,
  write(2, 'sunday'),
  go(2, otto),
  go(2, pia),
  review,
  request,
  approve('technical-lead', tess),
  approve('operations-lead', otto),
  approve('product-owner', pia),
]

const disturbing: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.constantFrom(...good),
  fc.constantFrom<RunEvent>(
    noBackup,
    backup,
    { ...ticket, value: { key: 'DB-8' } },
    { ...planGood, verdict: 'rejected', comments: 'no' },
  ),
  fc
    .record({
      number: fc.constantFrom(1, 2),
      text: fc.constantFrom('', 'done', 'other'),
      by: fc.constantFrom(...people),
    })
    .map((it) => write(it.number, it.text, it.by)),
  fc
    .record({
      number: fc.constantFrom(1, 2, 3),
      by: fc.constantFrom(...people),
      decision: fc.constantFrom('go' as const, 'no-go' as const),
      state: fc.constantFrom('pass' as const, 'fail' as const, 'unknown' as const),
      override: fc.boolean(),
    })
    .map(({ number, by, decision, state, override }) =>
      go(number, by, {
        decision,
        checks: number === 1 ? [result(state)] : [],
        overrides: override ? [{ check: 'C1', reason: 'so' }] : [],
      }),
    ),
  fc.constantFrom<RunEvent>(
    { kind: 'observed', step: 2, hash: 'one' },
    { kind: 'observed', step: 2, hash: 'two', by: 'dora' },
  ),
  fc.constantFrom<RunEvent>({ kind: 'work-plan-written', content: { risks: ['x'] }, by: dev }),
  fc
    .record({
      role: fc.constantFrom('technical-lead' as const, 'operations-lead' as const, 'product-owner' as const),
      by: fc.constantFrom(...people),
      hash: fc.constantFrom(HASH, 'cd'.repeat(32)),
    })
    .map((it) => approve(it.role, it.by, { bundleHash: it.hash })),
)

const sequences = fc.array(fc.tuple(fc.boolean(), disturbing), { maxLength: 45 }).map((choices) => {
  let place = 0
  return choices.map(([forward, event]) => (forward ? (good[place++] ?? event) : event))
})

describe('any sequence of events', () => {
  it('reaches approved only through every gate', () => {
    let reached = 0
    fc.assert(
      fc.property(sequences, (events) => {
        let run = begun()
        for (const event of [...events, 'close' as const, ...good]) {
          const next = event === 'close' ? allClosed(run) : transition(setting, run, event, now)
          if (isRefusal(next)) continue
          const before = run.state.kind
          run = next
          if (run.state.kind !== 'approved') continue
          reached += 1
          expectEveryGate(run)
          // Later on a failing input takes no approval back.
          const lacking = before === 'awaiting_approval' ? lackingInputs(patching, run, 3) : []
          expect(lacking).toEqual([])
        }
      }),
      { seed: 20260302, numRuns: 400 },
    )
    expect(reached).toBeGreaterThan(50)
  })
})

function allClosed(run: Run): Run {
  return actionsOf(run).reduce((it, { item }) => {
    const event = { kind: 'action-closed' as const, action: item.id, note: 'done', by: dev }
    const next = transition(setting, it, event, now)
    return isRefusal(next) ? it : next
  }, run)
}

function expectEveryGate(run: Run): void {
  expect(run.steps.flatMap(openActions)).toEqual([])
  expect(run.workPlan.review?.verdict).toBe('approved')
  expect(run.workPlan.authors).not.toContain(run.workPlan.review?.by)
  for (const number of [1, 2]) {
    const step = stepOf(patching, number)
    const record = recordOf(run, number)
    const { outcome, decisions, revision } = presentAttempt(record)
    expect([outcome, revision]).toEqual(['go', record.revision])
    const overridden = decisions.flatMap((it) => it.overrides.map((one) => one.check))
    expect(standingOf(step, record).filter((it) => it.blocksGo && !overridden.includes(it.check.id))).toEqual(
      [],
    )
    if (step.decision.by !== 'person') continue
    const needed = step.decision.all ? step.decision.roles : step.decision.roles.slice(0, 1)
    expect(
      needed.filter((role) => !decisions.some((it) => it.role === role && it.decision === 'go')),
    ).toEqual([])
  }
  expect(recordOf(run, 1).acknowledged?.attempt).toBe(presentAttempt(recordOf(run, 1)).number)
  expect(subjectsOf(patching, run).filter((it) => it.state !== 'reviewed')).toEqual([])
  const given = standing(run)
  expect(given.map((it) => it.role).toSorted()).toEqual([
    'operations-lead',
    'product-owner',
    'technical-lead',
  ])
  expect(new Set(given.map((it) => it.by)).size).toBe(3)
  expect(given.every((it) => it.bundleHash === run.request?.bundleHash)).toBe(true)
}
