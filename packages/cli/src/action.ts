/**
 * `flagmarshal feature actions|close-action`: what a No-Go asked for.
 */
import type { Command } from 'commander'

import type { Open } from './program.ts'
import { describeNext, runOf } from './run.ts'
import type { Run } from './run.ts'
import { table } from './table.ts'

export function actionCommands(feature: Command, open: Open): void {
  feature
    .command('actions <feature>')
    .description('what every No-Go asked for, who sees to it and until when')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { actions } = await session.call('showRun', { params: await runOf(session, name) })
      session.result(actions, () => describeActions(actions))
    })
  feature
    .command('close-action <feature> <action>')
    .description('close one of them; the answer of people who were consulted is kept as evidence')
    .requiredOption('--note <text>', 'what was done, or what they say')
    .option('--from <name>', 'who answered, where you write it down')
    .action(
      async (name: string, action: string, given: { note: string; from?: string }, command: Command) => {
        const session = open(command)
        const params = { ...(await runOf(session, name)), action }
        const run = await session.call('closeAction', { params, body: given })
        session.result(run, () => `${run.status}\n\n${describeNext(run)}`)
      },
    )
}

function describeActions(actions: Run['actions']): string {
  return table(
    ['action', 'what', 'who', 'due', 'closed'],
    actions.map((it) => [
      it.id,
      it.asked.length === 0 ? it.title : `${it.title} (${it.asked.join(', ')})`,
      it.owners.join(', '),
      it.due,
      it.closed === null ? 'open' : `${it.closed.by}: ${it.closed.note}`,
    ]),
  )
}
