/** `flagmarshal unleash …`: what applications with an SDK of Unleash are served. */
import type { Command } from 'commander'

import type { Open } from './program.ts'

export function unleashCommands(program: Command, open: Open): void {
  program
    .command('unleash')
    .description('applications that ask with an SDK of Unleash')
    .command('check')
    .description(
      'list the flags that SDKs of Unleash cannot evaluate as we do, and are not sent, each with the reason',
    )
    .requiredOption('-e, --env <environment>', 'environment')
    .action(async (given: { env: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), environment: given.env }
      const { items } = await session.call('checkUnleash', { params })
      session.rows(
        items,
        ['flag', 'why'],
        items.map((it) => [it.flag, it.why]),
      )
    })
}
