/** `flagmarshal edge …`: servers without a database, near their clients. */
import type { Command } from 'commander'

import type { Open } from './program.ts'

export function edgeCommands(program: Command, open: Open): void {
  const edge = program.command('edge').description('edges: what serves near its clients, without a database')
  edge
    .command('list')
    .description('list them: what each serves, to how many, and when it was last heard of')
    .requiredOption('-e, --env <environment>', 'environment')
    .action(async (given: { env: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), environment: given.env }
      const { items } = await session.call('listEdges', { params })
      session.rows(
        items,
        ['edge', 'name', 'state', 'revision', 'instances', 'streams', 'browsers', 'waiting', 'last heard of'],
        items.map((it) => [
          it.edgeId,
          it.name,
          it.state,
          String(it.revision),
          String(it.instances),
          String(it.streams),
          String(it.browserStreams),
          it.turnedAway === 0 ? String(it.buffered) : `${it.buffered}, ${it.turnedAway} turned away`,
          it.lastSeenAt,
        ]),
      )
    })
  edge
    .command('forget <edge>')
    .description('an edge that will not come back: instances behind it count no longer; it is recorded')
    .requiredOption('-e, --env <environment>', 'environment')
    .action(async (id: string, given: { env: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), environment: given.env, edge: id }
      await session.call('forgetEdge', { params })
      session.result({ forgotten: id }, () => `Forgot ${id}.`)
    })
}
