/**
 * `flagmarshal inbound …`: the systems that may send trigger events, alerts and reports.
 */
import type { Command } from 'commander'

import { readSecret } from './given.ts'
import type { Open } from './program.ts'

export function inboundCommands(program: Command, open: Open): void {
  const inbound = program.command('inbound').description('systems that may send events, alerts and reports')
  inbound
    .command('create <key>')
    .description('let a system send to the project; its secret is shown once')
    .option('--secret-file <path>', 'file with a secret that is known already (whsec_…); - reads stdin')
    .action(async (key: string, given: { secretFile?: string }, command: Command) => {
      const session = open(command)
      const secret = given.secretFile === undefined ? {} : { secret: readSecret(given.secretFile) }
      const project = session.project()
      const made = await session.call('createInboundSource', {
        params: { project },
        body: { key, ...secret },
      })
      session.say(`Sends to ${session.server}/api/v1/projects/${project}/inbound/${key}/cloudevents,`)
      session.say('/alertmanager or /reports. This is shown once:')
      session.result(made, () => made.secret)
    })
  inbound
    .command('list')
    .description('list the systems that may send')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listInboundSources', { params: { project: session.project() } })
      session.rows(
        items,
        ['source', 'since'],
        items.map((it) => [it.key, it.createdAt]),
      )
    })
  inbound
    .command('delete <key>')
    .description('accept nothing more from a system')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('deleteInboundSource', { params: { project: session.project(), source: key } })
      session.result({ deleted: key }, () => `Deleted ${key}.`)
    })
}
