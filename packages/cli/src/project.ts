/**
 * `flagmarshal project …`, `key …`: where flags live, and the keys of SDKs.
 */
import type { Command } from 'commander'

import { usage } from './failure.ts'
import { wholeNumber } from './given.ts'
import type { Open } from './program.ts'
import { fields } from './table.ts'

export function projectCommands(program: Command, open: Open): void {
  const project = program.command('project').description('projects and their environments')
  project
    .command('create <key>')
    .description('create a project; without --environment: development, staging and production (protected)')
    .option('--name <name>', 'name for people; the key unless given')
    .option('--environment <key...>', 'an environment, in order; `key!` makes it protected')
    .action(async (key: string, given: { name?: string; environment?: string[] }, command: Command) => {
      const session = open(command)
      const environments = given.environment?.map((it) => ({
        key: it.replace(/!$/, ''),
        name: it.replace(/!$/, ''),
        protected: it.endsWith('!'),
      }))
      const made = await session.call('createProject', {
        body: { key, name: given.name ?? key, ...(environments === undefined ? {} : { environments }) },
      })
      session.result(made, () => `Project ${made.key} with ${made.environments.map(named).join(', ')}.`)
    })
  project
    .command('list')
    .description('list the projects')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listProjects', {})
      session.rows(
        items,
        ['project', 'name', 'environments'],
        items.map((it) => [it.key, it.name, it.environments.map(named).join(', ')]),
      )
    })

  project
    .command('show [key]')
    .description('one project; the one that is meant unless named')
    .action(async (key: string | undefined, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('getProject', { params: { project: key ?? session.project() } })
      session.result(it, () =>
        fields([
          ['project', it.key],
          ['name', it.name],
          ['environments', it.environments.map(named).join(', ')],
          ['since', it.createdAt],
        ]),
      )
    })

  const key = program.command('key').description('keys of SDKs')
  key
    .command('create <name>')
    .description('make the key of an SDK or an edge for one environment; it is shown once')
    .requiredOption('-e, --env <environment>', 'environment')
    .option(
      '--kind <kind>',
      'server (evaluates in process), web (may only evaluate) or edge (serves those that have either)',
      'server',
    )
    .action(async (name: string, given: { env: string; kind: string }, command: Command) => {
      const session = open(command)
      if (given.kind !== 'server' && given.kind !== 'web' && given.kind !== 'edge')
        throw usage(`There is no key of kind ${given.kind}.`, 'Use --kind server, web or edge.')
      const made = await session.call('createKey', {
        params: { project: session.project() },
        body: { kind: given.kind, environment: given.env, name },
      })
      session.say('This is shown once:')
      session.result(made, () => made.key)
    })
  key
    .command('list')
    .description('list the SDK keys of the project')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listKeys', { params: { project: session.project() } })
      session.rows(
        items,
        ['key', 'kind', 'environment', 'name', 'last used', 'ends'],
        items.map((it) => [
          it.id,
          it.kind,
          it.environment,
          it.name,
          it.lastUsedAt ?? 'never',
          it.endsAt ?? '',
        ]),
      )
    })
  key
    .command('rotate <id>')
    .description('replace an SDK key: the new one is shown once, the old one works for a while longer')
    .option('--overlap-hours <number>', 'hours that the old one still works', '168')
    .action(async (id: string, given: { overlapHours: string }, command: Command) => {
      const session = open(command)
      const made = await session.call('rotateKey', {
        params: { project: session.project(), sdkKey: id },
        body: { overlapHours: wholeNumber(given.overlapHours, '--overlap-hours') },
      })
      session.say(`This is shown once; the old key works until ${made.previousEndsAt}:`)
      session.result(made, () => made.key)
    })
  key
    .command('revoke <id>')
    .description('revoke an SDK key')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('revokeKey', { params: { project: session.project(), sdkKey: id } })
      session.result({ revoked: id }, () => `Revoked ${id}.`)
    })

  program
    .command('whoami')
    .description('whose token this is, and what it allows')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const me = await session.call('whoAmI', {})
      session.result(me, () =>
        fields([
          ['name', me.name],
          ['token', me.kind],
          ['roles', me.roles.join(', ') || '–'],
          ['may', me.permissions.join(', ')],
          ['server', session.server],
        ]),
      )
    })
}

function named(environment: { key: string; protected: boolean }): string {
  return environment.protected ? `${environment.key} (protected)` : environment.key
}
