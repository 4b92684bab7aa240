/**
 * `flagmarshal flag …`: flags, and who gets what.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { usage } from './failure.ts'
import { pairs, parseJson, readObject, wholeNumber } from './given.ts'
import type { Open } from './program.ts'
import type { Answer, Session } from './session.ts'
import { fields, table } from './table.ts'

type NewFlag = Call<Operations['createFlag']>['body']

interface CreateOptions {
  name?: string
  description?: string
  kind: NewFlag['kind']
  layer: NewFlag['layers']
  owner: string
  type?: NewFlag['valueType']
  variant?: string[]
  schema?: string
  off?: string
  days?: string
  permanent?: string
}

export function flagCommands(program: Command, open: Open): void {
  const flag = program.command('flag').description('flags')
  configuring(flag, open)
  asking(flag, open)
}

function configuring(flag: Command, open: Open): void {
  flag
    .command('create <key>')
    .description('create a flag, off in every environment; boolean (on, off) unless variants are given')
    .requiredOption('--owner <team>', 'who answers for it')
    .requiredOption('--layer <layer...>', 'backend, frontend, middleware')
    .option('--kind <kind>', 'release, experiment, permission, ops', 'release')
    .option('--name <name>', 'name for people; the key unless given')
    .option('--description <text>', 'what it is for; generated code has it as a comment')
    .option('--type <type>', 'boolean, string, number, object; string where variants are given')
    .option('--variant <name=value...>', 'a variant; of a number or object flag its value as JSON')
    .option('--schema <path>', 'file with a JSON Schema that every variant must satisfy')
    .option('--off <variant>', 'the variant that is served while the flag is off')
    .option('--days <number>', 'days until the flag should be gone')
    .option('--permanent <reason>', 'why it stays for ever')
    .action(async (key: string, given: CreateOptions, command: Command) => {
      const session = open(command)
      const made = await session.call('createFlag', {
        params: { project: session.project() },
        body: newFlag(key, given),
      })
      session.result(
        made,
        () =>
          `Flag ${made.key} is there, off in ${made.environments.map((it) => it.environment).join(', ')}.`,
      )
    })
  flag
    .command('on <key>')
    .description(
      'enable a flag in one environment; where it is protected, through the gate. off is the command kill',
    )
    .requiredOption('-e, --env <environment>', 'environment')
    .option(
      '--serve <variant>',
      'what to serve where no rule matches; of a boolean flag the variant that is true',
    )
    .action(async (key: string, given: { env: string; serve?: string }, command: Command) => {
      const session = open(command)
      const it = await session.call('getFlag', { params: { project: session.project(), flag: key } })
      const variant = given.serve ?? Object.entries(it.variants).find(([, value]) => value === true)?.[0]
      if (variant === undefined)
        throw usage(
          `${key} has several variants to serve.`,
          `Add --serve with one of ${Object.keys(it.variants).join(', ')}.`,
        )
      const changed = await configure(session, key, given.env, (config) => ({
        ...config,
        enabled: true,
        fallthrough: { variant },
      }))
      session.result(
        changed,
        () =>
          `${key} is on in ${given.env} and serves ${variant} where no rule matches (revision ${changed.revision}).`,
      )
    })
  flag
    .command('set <key>')
    .description('replace the configuration of a flag in one environment')
    .requiredOption('-e, --env <environment>', 'environment')
    .requiredOption(
      '-f, --file <path>',
      'file with {enabled, offVariant, prerequisites, rules, fallthrough}; - reads stdin',
    )
    .action(async (key: string, given: { env: string; file: string }, command: Command) => {
      const session = open(command)
      // The server checks the shape and names the field at fault.
      const wanted = readObject(given.file) as ConfigChange
      const changed = await configure(session, key, given.env, () => wanted)
      session.result(
        changed,
        () => `${key} in ${given.env} is ${changed.enabled ? 'on' : 'off'}, revision ${changed.revision}.`,
      )
    })
}

function asking(flag: Command, open: Open): void {
  flag
    .command('list')
    .description('list the flags')
    .option('--archived', 'those that were given up instead; --json has all')
    .action(async (given: { archived?: boolean }, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listFlags', { params: { project: session.project() } })
      session.rows(
        items,
        ['flag', 'kind', 'owner', 'on in'],
        items
          .filter((it) => (it.archivedAt === undefined) !== (given.archived === true))
          .map((it) => [
            it.key,
            it.kind,
            it.owner,
            it.environments
              .filter((env) => env.enabled)
              .map((env) => env.environment)
              .join(', ') || 'none',
          ]),
      )
    })
  flag
    .command('show <key>')
    .description('show a flag with its configuration in each environment')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('getFlag', { params: { project: session.project(), flag: key } })
      session.result(it, () => {
        const head = fields([
          ['flag', it.key],
          ['kind', it.kind],
          ['owner', it.owner],
          ['layers', it.layers.join(', ')],
          [
            'variants',
            Object.entries(it.variants)
              .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
              .join(', '),
          ],
        ])
        const rows = it.environments.map((env) => [
          env.environment,
          env.enabled ? 'on' : 'off',
          String(env.rules.length),
          JSON.stringify(env.fallthrough),
          String(env.revision),
        ])
        return `${head}\n\n${table(['environment', 'state', 'rules', 'otherwise', 'revision'], rows)}`
      })
    })
}

type Config = Answer<'getFlagConfig'>
type ConfigChange = Call<Operations['configureFlag']>['body']

/** Changes the configuration that is there now; somebody else's change in between is a conflict. */
async function configure(
  session: Session,
  flag: string,
  environment: string,
  change: (config: ConfigChange) => ConfigChange,
): Promise<Config> {
  const params = { project: session.project(), flag, environment }
  const { enabled, offVariant, rules, fallthrough, revision } = await session.call('getFlagConfig', {
    params,
  })
  // The rule that a rollout owns stays by itself.
  const own = rules.filter((it) => it.rollout === undefined)
  return await session.call('configureFlag', {
    params,
    body: change({
      enabled,
      offVariant,
      rules: own,
      fallthrough,
    }),
    ifMatch: revision,
  })
}

/** A text is itself; every other type is written as JSON. */
function valueOf(text: string, name: string, type: NewFlag['valueType']): unknown {
  return type === 'string' ? text : parseJson(text, `--variant ${name}`)
}

function newFlag(key: string, given: CreateOptions): NewFlag {
  const valueType = given.type ?? (given.variant === undefined ? 'boolean' : 'string')
  const variants =
    given.variant === undefined
      ? { on: true, off: false }
      : Object.fromEntries(
          pairs(given.variant, '--variant').map(([name, text]) => [name, valueOf(text, name, valueType)]),
        )
  return {
    key,
    name: given.name ?? key,
    ...(given.description === undefined ? {} : { description: given.description }),
    kind: given.kind,
    valueType,
    // The server checks the values and names the one at fault.
    variants: variants as NewFlag['variants'],
    ...(given.schema === undefined ? {} : { schema: readObject(given.schema) as NewFlag['schema'] }),
    offVariant: given.off ?? (given.variant === undefined ? 'off' : (Object.keys(variants)[0] ?? 'off')),
    layers: given.layer,
    owner: given.owner,
    ...(given.days === undefined ? {} : { lifetimeDays: wholeNumber(given.days, '--days') }),
    ...(given.permanent === undefined ? {} : { permanentReason: given.permanent }),
  }
}
