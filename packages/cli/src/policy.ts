/**
 * `flagmarshal policy …`: what a project settles about how its runs are decided.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { readObject } from './given.ts'
import type { Open } from './program.ts'

export function policyCommands(program: Command, open: Open): void {
  const policy = program
    .command('policy')
    .description('how runs are decided: deadlines, deputies, reviewers, hours')
  policy
    .command('show')
    .description('the policy of the project')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showPolicy', { params: { project: session.project() } })
      session.result(it, () => JSON.stringify(it, null, 2))
    })
  policy
    .command('write')
    .description('replace it, whole')
    .requiredOption('-f, --file <path>', 'file with the policy; - reads stdin')
    .action(async (given: { file: string }, command: Command) => {
      const session = open(command)
      // The server checks the shape and names the field at fault.
      const body = readObject(given.file) as NonNullable<Call<Operations['writePolicy']>['body']>
      const params = { project: session.project() }
      const { revision } = await session.call('showPolicy', { params })
      const it = await session.call('writePolicy', { params, body, ifMatch: revision })
      session.result(it, () => `The policy is at revision ${it.revision}.`)
    })
}
