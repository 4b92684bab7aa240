/**
 * `flagmarshal environment …`: where flags are served: one more, given up, taken back; and
 * `flagmarshal retention …`, how long what is recorded is kept.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { readObject } from './given.ts'
import type { Open } from './program.ts'

export function environmentCommands(program: Command, open: Open): void {
  const environment = program.command('environment').description('environments of the project')
  environment
    .command('list')
    .description('list them, archived ones too')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listEnvironments', { params: { project: session.project() } })
      session.rows(
        items,
        ['environment', 'name', 'protected', 'archived'],
        items.map((it) => [it.key, it.name, it.protected ? 'yes' : 'no', it.archivedAt ?? '']),
      )
    })
  environment
    .command('add <key>')
    .description('add one; every flag is off in it')
    .option('--name <name>', 'name for people; the key unless given')
    .option('--protected', 'raising exposure there needs the procedure or an approved draft')
    .action(async (key: string, given: { name?: string; protected?: boolean }, command: Command) => {
      const session = open(command)
      const body = { key, name: given.name ?? key, protected: given.protected === true }
      const made = await session.call('addEnvironment', { params: { project: session.project() }, body })
      session.result(made, () => `Added ${key}; every flag is off in it.`)
    })
  for (const [verb, operation, says, done] of [
    [
      'archive',
      'archiveEnvironment',
      'give one up: its flags are turned off and its keys revoked',
      'archived',
    ],
    ['restore', 'restoreEnvironment', 'take one back: every flag is off in it, keys are made anew', 'back'],
  ] as const) {
    environment
      .command(`${verb} <key>`)
      .description(says)
      .action(async (key: string, _: unknown, command: Command) => {
        const session = open(command)
        const changed = await session.call(operation, {
          params: { project: session.project(), environment: key },
        })
        session.result(changed, () => `${key} is ${done}.`)
      })
  }
}

export function retentionCommands(program: Command, open: Open): void {
  const retention = program.command('retention').description('how long what is recorded is kept')
  retention
    .command('show')
    .description('days, and what the last deletion took')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showRetention')
      session.result(it, () => JSON.stringify(it, null, 2))
    })
  retention
    .command('write')
    .description('settle it, whole')
    .requiredOption('-f, --file <path>', 'file with the days; - reads stdin')
    .action(async (given: { file: string }, command: Command) => {
      const session = open(command)
      // The server checks the shape and names the field at fault.
      const body = readObject(given.file) as NonNullable<Call<Operations['writeRetention']>['body']>
      const { revision } = await session.call('showRetention')
      const it = await session.call('writeRetention', { body, ifMatch: revision })
      session.result(it, () => `Retention is at revision ${it.revision}.`)
    })
}
