/**
 * Documents 10 and 11: who approved what, and how the run ended. They are made from the approved
 * bundle and name its hash, so they are no part of it.
 */
import type { Run, Setting } from '../procedure/run.ts'
import type { Document } from './tree.ts'
import { code, fields, list, section, table, text } from './tree.ts'

/** Who approved, printable, with everything that was ever given and taken back. */
export function approvalRecord({ feature, definition }: Setting, run: Run, revision: number): Document {
  const rows = run.approvals.map((it) => [
    it.role,
    it.by,
    it.at.toISOString(),
    code(it.bundleHash),
    it.comment ?? 'none',
    it.voided === undefined ? 'stands' : `taken back ${it.voided.at.toISOString()}: ${it.voided.because}`,
  ])
  const signed = definition.approvals.map((it) => [it.role, it.signs])
  return {
    name: 'approval-record',
    title: `Approval record: ${feature}`,
    sections: [
      section(
        'bundle',
        'What was approved',
        fields([
          ['Bundle', code(run.lastApproved?.bundleHash ?? run.request?.bundleHash ?? 'none yet')],
          ['Version of the plan', String(revision)],
          ['Asked for by', run.request === undefined ? 'nobody at the moment' : run.request.by],
        ]),
      ),
      section('roles', 'What each role signs', table(['Role', 'Signs'], signed)),
      section(
        'approvals',
        'Approvals',
        table(['Role', 'Who', 'When', 'Bundle', 'Comment', 'State'], rows, 'None was given.'),
        text('Each was given with a personal token of the role, for the hash that stands beside it.'),
      ),
      section(
        'reviews',
        'Reviews',
        table(
          ['Group', 'Subject', 'Verdict', 'Who', 'When', 'Comment'],
          run.reviews.map((it) => [
            it.group,
            it.subject,
            it.verdict.replaceAll('_', ' '),
            it.by,
            it.at.toISOString(),
            it.comment ?? 'none',
          ]),
          'None was given.',
        ),
      ),
    ],
  }
}

/** How the run ended, or what it still waits for. */
export function exitRecord({ feature }: Setting, run: Run, blockers: readonly string[]): Document {
  return {
    name: 'exit-record',
    title: `Exit record: ${feature}`,
    sections: [section('exit', 'Exit', ...exitBlocks(run, blockers))],
  }
}

function exitBlocks(run: Run, blockers: readonly string[]): Document['sections'][number]['blocks'] {
  if (run.abort !== undefined) {
    const { cause, lessons, by, at } = run.abort
    return [
      fields([
        ['State', 'Aborted'],
        ['Why', cause],
        ['Lessons', lessons],
        ['By', by],
        ['When', at.toISOString()],
      ]),
    ]
  }
  if (run.state.kind === 'completed') {
    const { schedule } = run
    return [
      fields([
        ['State', 'Completed'],
        [
          'Rollout',
          schedule?.start === undefined
            ? 'starts when it is started'
            : `starts ${schedule.start.toISOString()}`,
        ],
        ['Scheduled by', schedule?.by ?? 'nobody'],
      ]),
    ]
  }
  return [
    fields([['State', `not ended: ${run.state.kind.replaceAll('_', ' ')}`]]),
    list(blockers, 'Nothing blocks it.'),
  ]
}
