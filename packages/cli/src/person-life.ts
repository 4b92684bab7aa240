/**
 * `flagmarshal person …` over time: another name, roles in single places, those who leave; and
 * `flagmarshal service-account …`.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import type { Open } from './program.ts'

type Grant = Call<Operations['grantRole']>['body']

export function lifeOfPersonCommands(person: Command, open: Open): void {
  person
    .command('change <id>')
    .description('give somebody another name or e-mail address')
    .option('--name <name>', 'name for people')
    .option('--email <address>', 'e-mail address; empty for none')
    .action(async (id: string, given: { name?: string; email?: string }, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listPeople', {})
      const before = items.find((it) => it.id === id)
      const email = given.email ?? before?.email ?? null
      const body = { name: given.name ?? before?.name ?? id, email: email === '' ? null : email }
      const changed = await session.call('changePerson', { params: { person: id }, body })
      session.result(
        changed,
        () => `${id} is ${changed.name}, ${changed.email ?? 'without an e-mail address'}.`,
      )
    })
  granting(person, open)
  person
    .command('disable <id>')
    .description('let somebody in no more; sessions and tokens stop working at once, what they signed stays')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      const changed = await session.call('disablePerson', { params: { person: id } })
      session.result(changed, () => `${id} is let in no more.`)
    })
  person
    .command('enable <id>')
    .description('let somebody in again')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      const changed = await session.call('enablePerson', { params: { person: id } })
      session.result(changed, () => `${id} is let in again.`)
    })
  person
    .command('erase <id>')
    .description('remove somebody for good; the id stays as a pseudonym where they signed')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('erasePerson', { params: { person: id } })
      session.result({ erased: id }, () => `${id} is removed; only the id is left in records.`)
    })
}

function granting(person: Command, open: Open): void {
  const places = [
    ['grant', 'grantRole', 'give somebody a role in the project, or with -e in one environment of it'],
    ['withdraw', 'withdrawRole', 'take such a role away'],
  ] as const
  for (const [verb, operation, says] of places) {
    person
      .command(`${verb} <id> <role>`)
      .description(says)
      .option('-e, --env <environment>', 'environment')
      .action(async (id: string, role: Grant['role'], given: { env?: string }, command: Command) => {
        const session = open(command)
        const environment = given.env === undefined ? {} : { environment: given.env }
        const body = { role, project: session.project(), ...environment }
        const changed = await session.call(operation, { params: { person: id }, body })
        session.result(
          changed,
          () =>
            `${id} has: ${changed.grants.map((it) => `${it.role} in ${it.project}${it.environment === null ? '' : `/${it.environment}`}`).join(', ') || 'no role in a single project'}.`,
        )
      })
  }
}

export function serviceAccountCommands(program: Command, open: Open): void {
  const account = program
    .command('service-account')
    .description('accounts of automations: a name of their own, no password, several tokens')
  account
    .command('create <key>')
    .description('make one')
    .option('--name <name>', 'name for people; the key unless given')
    .option('--agent', 'it switches nothing on, in no environment: it proposes and turns off')
    .action(async (key: string, given: { name?: string; agent?: boolean }, command: Command) => {
      const session = open(command)
      const kind = given.agent === true ? ('agent' as const) : ('service' as const)
      const params = { project: session.project() }
      const made = await session.call('createServiceAccount', {
        params,
        body: { key, name: given.name ?? key, kind },
      })
      session.result(
        made,
        () => `Made ${made.key}. Next: flagmarshal token automation "a name" --account ${key}`,
      )
    })
  account
    .command('list')
    .description('list those of the project')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listServiceAccounts', { params: { project: session.project() } })
      session.rows(
        items,
        ['account', 'name', 'kind', 'tokens', 'made by'],
        items.map((it) => [it.key, it.name, it.kind, String(it.tokens), it.createdBy]),
      )
    })
  account
    .command('remove <key>')
    .description('remove one; its tokens stop working at once')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('removeServiceAccount', { params: { project: session.project(), account: key } })
      session.result({ removed: key }, () => `Removed ${key}.`)
    })
}
