/**
 * `flagmarshal ready`, `signal …`, `instance …`: what the server and those connected to it are doing.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { wholeNumber } from './given.ts'
import type { Open } from './program.ts'

export function systemCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  program
    .command('ready')
    .description('whether the server can serve, part by part; exits 9 while it cannot')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const outcome = await session.client.call('getReadiness')
      const parts = outcome.ok ? outcome.body : { ready: false, problem: outcome.problem.detail }
      session.result(parts, () => JSON.stringify(parts, null, 2))
      if (!parts.ready) end(EXIT.notVerified)
    })
  program
    .command('signal')
    .description('what the project told the world')
    .command('list')
    .description('list the signals, newest first, with what came of their deliveries; dead: delivery list')
    .option('--limit <number>', 'how many', '50')
    .action(async (given: { limit: string }, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listSignals', {
        params: { project: session.project() },
        query: { limit: String(wholeNumber(given.limit, '--limit')) },
      })
      session.rows(
        items,
        ['time', 'type', 'subject', 'state'],
        items.map((it) => [it.time, it.type, it.subject, it.state]),
      )
    })
  program
    .command('instance')
    .description('running copies of applications')
    .command('list')
    .description('list them: who runs which revision, and who is silent')
    .requiredOption('-e, --env <environment>', 'environment')
    .action(async (given: { env: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), environment: given.env }
      const { items } = await session.call('listInstances', { params })
      session.rows(
        items,
        ['instance', 'application', 'layers', 'state', 'revision', 'last seen'],
        items.map((it) => [
          it.instanceId,
          it.description?.application ?? '–',
          it.description?.layers.join(', ') ?? '–',
          it.state,
          String(it.acknowledgedRevision ?? '–'),
          it.lastSeenAt,
        ]),
      )
    })
}
