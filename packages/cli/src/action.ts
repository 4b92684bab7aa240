/**
 * `flagmarshal feature actions|close-action`: what a No-Go asked for.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { usage } from './failure.ts'
import type { Open } from './program.ts'
import { describeNext, runOf } from './run.ts'
import type { Run } from './run.ts'
import { table } from './table.ts'

type Comment = Call<Operations['comment']>['body']

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

export function commentCommands(feature: Command, open: Open): void {
  feature
    .command('comment <feature>')
    .description('comment on a subject of the final review, or answer a comment')
    .requiredOption('--text <text>', 'what you say')
    .option('--subject <group/subject>', 'like technical/strategy')
    .option('--thread <id>', 'a comment to answer, like c1')
    .action(
      async (name: string, given: { text: string; subject?: string; thread?: string }, command: Command) => {
        const session = open(command)
        const params = await runOf(session, name)
        const run = await session.call('comment', { params, body: commentOf(given) })
        session.result(run.threads, () => `${run.status}\n\n${describeNext(run)}`)
      },
    )
  feature
    .command('resolve <feature> <thread>')
    .description('resolve a comment')
    .requiredOption('--note <text>', 'how it was settled')
    .action(async (name: string, thread: string, given: { note: string }, command: Command) => {
      const session = open(command)
      const params = { ...(await runOf(session, name)), thread }
      const run = await session.call('resolveComment', { params, body: given })
      session.result(run.threads, () => `${run.status}\n\n${describeNext(run)}`)
    })
}

function commentOf({
  text,
  subject,
  thread,
}: {
  readonly text: string
  readonly subject?: string
  readonly thread?: string
}): Comment {
  if (thread !== undefined) return { thread, text }
  const [group = '', name] = (subject ?? '').split('/')
  if (name === undefined)
    throw usage('What is the comment on?', 'Add --subject technical/strategy, or --thread c1.')
  // The server refuses a group or subject that it does not know, naming those that it does.
  return { group: group as 'technical', subject: name, text }
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
