/**
 * `flagmarshal person …`, `token …`: who works here, and their tokens.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { accountOfCommands } from './account.ts'
import { usage } from './failure.ts'
import { wholeNumber } from './given.ts'
import { lifeOfPersonCommands } from './person-life.ts'
import type { Open } from './program.ts'

type NewPerson = Call<Operations['createPerson']>['body']

export function peopleCommands(program: Command, open: Open): void {
  const person = program.command('person').description('people and their roles')
  person
    .command('add <id>')
    .description(
      'add a person with roles: administrator, technical-lead, operations-lead, product-owner, developer, viewer',
    )
    .requiredOption('--role <role...>', 'a role')
    .option('--name <name>', 'name for people; the id unless given')
    .option('--email <address>', 'e-mail address')
    .action(
      async (
        id: string,
        given: { role: NewPerson['roles']; name?: string; email?: string },
        command: Command,
      ) => {
        const session = open(command)
        const made = await session.call('createPerson', {
          body: {
            id,
            name: given.name ?? id,
            roles: given.role,
            ...(given.email === undefined ? {} : { email: given.email }),
          },
        })
        session.result(
          made,
          () => `Added ${made.id} as ${made.roles.join(', ')}. Next: flagmarshal token create ${made.id}`,
        )
      },
    )
  person
    .command('list')
    .description('list the people')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listPeople', {})
      session.rows(
        items,
        ['person', 'name', 'roles', 'state'],
        items.map((it) => [
          it.id,
          it.name,
          [
            ...it.roles,
            ...it.grants.map(
              (one) => `${one.role} in ${[one.project, one.environment].filter(Boolean).join('/')}`,
            ),
          ].join(', '),
          it.disabledAt === null ? '' : 'disabled',
        ]),
      )
    })

  person
    .command('roles <id> <roles...>')
    .description(
      'give a person these roles instead of the present ones; tokens and sessions have them at once',
    )
    .action(async (id: string, roles: NewPerson['roles'], _: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listPeople', {})
      const seen = items.find((it) => it.id === id)?.roles ?? []
      const changed = await session.call('changeRoles', { params: { person: id }, body: { roles, seen } })
      session.result(
        changed,
        () => `${id} is ${changed.roles.join(', ')} now; before: ${seen.join(', ')}. It counts at once.`,
      )
    })

  inviting(person, open)
  accountOfCommands(person, open)
  lifeOfPersonCommands(person, open)

  const token = program.command('token').description('tokens of people and of automations')
  token
    .command('create <person>')
    .description('make a personal token; it is shown once')
    .option('--name <name>', 'what it is for', 'command line')
    .option('--days <number>', 'days until it expires', '90')
    .option('--only-project <key>', 'it is for this project only')
    .option('-e, --env <environment>', 'it writes in this environment of that project only')
    .option('--permission <permission...>', 'it allows no more than these, like flag:read')
    .action(async (who: string, given: Reach & { name: string; days: string }, command: Command) => {
      const session = open(command)
      const project = given.onlyProject === undefined ? {} : { project: given.onlyProject }
      const made = await session.call('createToken', {
        params: { person: who },
        body: {
          name: given.name,
          ...project,
          ...reachOf(given),
          expiresInDays: wholeNumber(given.days, '--days'),
        },
      })
      session.say(`This is shown once; it expires ${made.expiresAt}:`)
      session.result(made, () => made.token)
    })
  token
    .command('automation <name>')
    .description('make a token for an automation of the project: it does the work of runs and never decides')
    .option('--days <number>', 'days until it expires', '90')
    .option('--account <key>', 'the service account that acts with it')
    .option('--agent', 'it switches nothing on, in no environment: it proposes and turns off')
    .option('-e, --env <environment>', 'it writes in this environment only')
    .option('--permission <permission...>', 'it allows no more than these, like flag:read')
    .action(async (name: string, given: Automation, command: Command) => {
      const session = open(command)
      const made = await session.call('createServiceToken', {
        params: { project: session.project() },
        body: {
          name,
          ...(given.account === undefined ? {} : { account: given.account }),
          kind: given.agent === true ? 'agent' : 'service',
          ...reachOf(given),
          expiresInDays: wholeNumber(given.days, '--days'),
        },
      })
      session.say(`This is shown once; it expires ${made.expiresAt}:`)
      session.result(made, () => made.token)
    })
  revoking(token, open)
}

interface Reach {
  readonly onlyProject?: string
  readonly env?: string
  readonly permission?: string[]
}

interface Automation extends Reach {
  readonly days: string
  readonly account?: string
  readonly agent?: boolean
}

/** How far a token reaches; the server knows the permissions. */
function reachOf({ env, permission }: Reach) {
  type Permissions = NonNullable<Call<Operations['createToken']>['body']['permissions']>
  return {
    ...(env === undefined ? {} : { environment: env }),
    ...(permission === undefined ? {} : { permissions: permission as Permissions }),
  }
}

function revoking(token: Command, open: Open): void {
  token
    .command('automations')
    .description('list the tokens of the automations of the project')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listServiceTokens', { params: { project: session.project() } })
      session.rows(
        items,
        ['token', 'name', 'kind', 'account', 'reaches', 'last used', 'expires'],
        items.map((it) => [
          it.id,
          it.name,
          it.kind,
          it.account ?? '',
          [it.environment ?? 'the project', ...(it.permissions ?? [])].join(', '),
          it.lastUsedAt ?? 'never',
          it.expiresAt,
        ]),
      )
    })
  token
    .command('revoke <id>')
    .description('revoke a personal token, or with --automation one of an automation of the project')
    .option('--automation', 'it belongs to an automation')
    .action(async (id: string, given: { automation?: boolean }, command: Command) => {
      const session = open(command)
      await (given.automation === true
        ? session.call('revokeServiceToken', { params: { project: session.project(), token: id } })
        : session.call('revokeToken', { params: { token: id } }))
      session.result({ revoked: id }, () => `Revoked ${id}.`)
    })
}

/** Links by which people join or choose a password. */
function inviting(person: Command, open: Open): void {
  person
    .command('invite [person]')
    .description(
      'make a link, shown once: for a known person to choose a password, or with --role for somebody new',
    )
    .option('--role <role...>', 'a role of somebody new')
    .option('--hours <number>', 'hours until it expires', '72')
    .action(
      async (
        known: string | undefined,
        given: { role?: NewPerson['roles']; hours: string },
        command: Command,
      ) => {
        if ((known === undefined) === (given.role === undefined)) {
          throw usage('Whom to invite is not clear.', 'Name a known person, or give --role for somebody new.')
        }
        const session = open(command)
        const expiresInHours = wholeNumber(given.hours, '--hours')
        const body =
          known === undefined
            ? { roles: given.role ?? [], expiresInHours }
            : { person: known, expiresInHours }
        const made = await session.call('createInvitation', { body })
        session.say(`This is shown once; it expires ${made.expiresAt}:`)
        session.result(made, () => made.link)
      },
    )
  person
    .command('invitations')
    .description('list the invitations that nobody has accepted')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listInvitations')
      session.rows(
        items,
        ['invitation', 'person', 'roles', 'expires'],
        items.map((it) => [it.id, it.person ?? it.name ?? 'new', it.roles.join(', '), it.expiresAt]),
      )
    })
  person
    .command('uninvite <invitation>')
    .description('revoke an invitation')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('revokeInvitation', { params: { invitation: id } })
      session.result({ revoked: id }, () => `Revoked ${id}.`)
    })
}
