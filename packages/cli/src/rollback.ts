/**
 * `flagmarshal rollback …`: off first, then what is left to put back.
 */
import type { Command } from 'commander'

import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { describeRun, exitOf, followRun } from './hook.ts'
import type { Open } from './program.ts'
import type { Answer } from './session.ts'
import { fields, table } from './table.ts'

type Rollback = Answer<'showRollback'>

interface StepOptions {
  done?: string
  notApplicable?: string
  reference?: string
  owner?: string
  due?: string
  override?: string
}

export function rollbackCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const rollback = program.command('rollback').description('rollbacks: off first, then the procedure')
  rollback
    .command('start <feature>')
    .description('turn the feature off at once, then begin the rollback procedure')
    .requiredOption('--reason <text>', 'what happened')
    .action(async (feature: string, given: { reason: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), feature }
      const it = await session.call('startRollback', { params, body: given })
      session.result(it, () => describe(it))
    })
  rollback
    .command('list')
    .description('the rollbacks of the project, newest first')
    .option('--feature <feature>', 'only of this feature')
    .action(async (given: { feature?: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project() }
      const { items } = await session.call('listRollbacks', { params, query: given })
      session.rows(
        items,
        ['rollback', 'feature', 'state', 'started', 'reason'],
        items.map((it) => [it.id, it.feature, it.state, it.startedAt, it.reason]),
      )
    })
  rollback
    .command('show <rollback>')
    .description('where it stands')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showRollback', { params: { project: session.project(), rollback: id } })
      session.result(it, () => describe(it))
    })
  rollback
    .command('step <rollback> <number>')
    .description('say that a step is done, or does not apply')
    .option('--done <note>', 'what was done or found')
    .option('--not-applicable <reason>', 'why it does not apply')
    .option('--reference <text>', 'where that can be read')
    .option('--owner <name>', 'who follows the root cause up')
    .option('--due <date>', 'until when')
    .option('--override <reason>', 'why a failed check is accepted')
    .action(async (id: string, number: string, ...[given, command]: [StepOptions, Command]) => {
      const session = open(command)
      const params = { project: session.project(), rollback: id, step: number }
      const it = await session.call('doRollbackStep', { params, body: stepOf(given) })
      session.result(it, () => describe(it))
    })
  rollback
    .command('hook <rollback> <part>')
    .description(
      'run the approved hook for code, data or infrastructure, exactly as it was approved; with --dry-run it changes nothing. Exits 9 when it failed',
    )
    .option('--wait <duration>', 'how long to wait for the end; 0s does not wait', '5m')
    .action(async (id: string, part: string, ...[given, command]: [HookOptions, Command]) => {
      if (part !== 'code' && part !== 'data' && part !== 'infrastructure')
        throw usage(`There is no part ${part}.`, 'Use code, data or infrastructure.')
      const session = open(command)
      const params = { project: session.project(), rollback: id, part } as const
      const mode = session.dryRun ? ('dry-run' as const) : ('run' as const)
      const accepted = await session.call('runRollbackHook', { params, body: { mode } })
      const run = await followRun(session, accepted, given.wait)
      session.result(run, () => describeRun(run))
      end(exitOf(run, given.wait))
    })
  rollback
    .command('report <rollback>')
    .description('the report: what happened, what was done, what recovered, who follows it up')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('reviewRollback', {
        params: { project: session.project(), rollback: id },
      })
      session.result(it, () => it.text)
    })
}

interface HookOptions {
  wait: string
}

function stepOf({ done, notApplicable, reference, owner, due, override }: StepOptions) {
  const note = done ?? notApplicable
  if (note === undefined)
    throw usage('Is it done?', 'Add --done with what was done, or --not-applicable with the reason.')
  return {
    outcome: done === undefined ? ('not_applicable' as const) : ('done' as const),
    note,
    ...(reference === undefined ? {} : { reference }),
    ...(owner === undefined || due === undefined ? {} : { followUp: { owner, due } }),
    ...(override === undefined ? {} : { override }),
  }
}

function describe(it: Rollback): string {
  const next =
    it.step === null
      ? []
      : [
          `→ flagmarshal rollback step ${it.id} ${it.step} --done "…"`,
          `→ flagmarshal rollback step ${it.id} ${it.step} --not-applicable "…"`,
        ]
  return [
    fields([
      ['rollback', it.id],
      ['feature', it.feature],
      ['because', it.reason],
      ['state', `${it.state}. ${it.status}`],
      ...it.quickDisable.map(
        (one) =>
          [
            `off in ${one.environment}`,
            `${one.state} (${one.how.replaceAll('_', ' ')}); recovery ${one.recovery.replaceAll('_', ' ')}: ${one.said}`,
          ] as const,
      ),
      ...it.hooks.map(
        (one) =>
          [
            `hook for ${one.part}`,
            `${one.hook}, ${one.mode}, ${one.state.replaceAll('_', ' ')} (${one.id})`,
          ] as const,
      ),
      ['follows', it.procedures === null ? 'no approved procedures' : `approved ${it.procedures.hash}`],
    ]),
    table(
      ['step', 'title', 'state', 'by', 'note'],
      it.steps.map((step) => [
        String(step.number),
        step.title,
        step.state.replaceAll('_', ' '),
        step.by ?? '',
        typeof step.output['note'] === 'string' ? step.output['note'] : '',
      ]),
    ),
    ...next,
  ].join('\n\n')
}
