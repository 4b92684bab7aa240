/**
 * `flagmarshal feature done|outputs`: what is computed of a run, and what other procedures take from it.
 */
import { Argument } from 'commander'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import type { Open } from './program.ts'
import { runOf } from './run.ts'
import type { Run } from './run.ts'
import type { Answer } from './session.ts'
import { fields, table } from './table.ts'

const OUTPUTS = [
  'strategy',
  'flag-configuration',
  'rollout-plan',
  'monitoring-configuration',
  'rollback-procedures',
  'documentation',
] as const
type Output = (typeof OUTPUTS)[number]

export function contractCommands(feature: Command, open: Open, end: (code: ExitCode) => void): void {
  feature
    .command('done <feature>')
    .description(
      'the definition of done and the validation list, computed; exits 3 while something is lacking',
    )
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { done, validation } = await session.call('showRun', { params: await runOf(session, name) })
      session.result(
        { done, validation },
        () => `${lines('done', done)}\n\n${lines('validation', validation)}`,
      )
      if (done.some((it) => it.verdict === 'not_met' || it.verdict === 'unknown')) end(EXIT.gateClosed)
    })
  feature
    .command('propose <feature> <step>')
    .description('a strategy (1) or a rollout plan (3) to begin with, each choice with its reason')
    .option('--template <key>', 'the plan to begin with', 'default')
    .action(async (name: string, step: string, ...[given, command]: [{ template: string }, Command]) => {
      const session = open(command)
      const params = { ...(await runOf(session, name)), step }
      const it = await session.call('proposeStep', { params, body: given })
      session.result(it, () => JSON.stringify(it.output, null, 2))
      for (const { field, because } of it.reasons) session.say(`${field}: ${because}`)
    })
  feature
    .command('outputs <feature>')
    .description('an output by its name: hash, approval, content and schema')
    .addArgument(new Argument('<name>', 'which one').choices(OUTPUTS))
    .action(async (name: string, wanted: Output, ...[, command]: [unknown, Command]) => {
      const session = open(command)
      const params = { ...(await runOf(session, name)), output: wanted }
      const output = await session.call('showOutput', { params })
      session.result(output, () => describeOutput(output))
    })
}

function lines(title: string, of: Run['done']): string {
  return table(
    [title, 'verdict', 'because'],
    of.map((it) => [it.title, it.verdict.replaceAll('_', ' '), it.why.join('; ')]),
  )
}

function describeOutput(it: Answer<'showOutput'>): string {
  const approved = it.approvals.map((one) => `${one.by} as ${one.role}`).join(', ')
  return [
    fields([
      ['output', it.name],
      ['hash', it.hash],
      ['state', it.state.replaceAll('_', ' ')],
      ['bundle', it.bundleHash],
      ['approved by', approved === '' ? 'nobody yet' : approved],
    ]),
    JSON.stringify(it.content, null, 2),
  ].join('\n\n')
}
