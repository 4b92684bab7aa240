/**
 * `flagmarshal flag edit|debt|lifecycle|clean-up|monitoring|tests`: a flag's definition, how it fares, and when it should go.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { readObject, wholeNumber } from './given.ts'
import type { Open } from './program.ts'
import { runOf } from './run.ts'
import type { Answer } from './session.ts'
import { fields, table } from './table.ts'

type Change = NonNullable<Call<Operations['changeFlag']>['body']>

interface EditOptions {
  name?: string
  owner?: string
  layer?: Change['layers']
  days?: string
  permanent?: string
  variants?: string
  schema?: string | boolean
}

export function lifeCommands(program: Command, open: Open): void {
  const flag = program.commands.find((it) => it.name() === 'flag') ?? program.command('flag')
  flag
    .command('edit <key>')
    .description('change the definition of a flag; what is left out stays as it is')
    .option('--name <name>', 'name for people')
    .option('--owner <team>', 'who answers for it')
    .option('--layer <layer...>', 'backend, frontend, middleware')
    .option('--days <number>', 'days until the flag should be gone')
    .option('--permanent <reason>', 'why it stays for ever')
    .option('--variants <path>', 'file with all variants, {name: value}')
    .option('--schema <path>', 'file with a JSON Schema that every variant must satisfy')
    .option('--no-schema', 'take the JSON Schema away')
    .action(async (key: string, given: EditOptions, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), flag: key }
      const { revision } = await session.call('getFlag', { params })
      const changed = await session.call('changeFlag', { params, body: changeOf(given), ifMatch: revision })
      session.result(changed, () => `Flag ${key} has revision ${changed.revision}.`)
    })
  for (const [verb, operation, says] of [
    ['archive', 'archiveFlag', 'give a flag up that is off everywhere'],
    ['restore', 'restoreFlag', 'take an archived flag back, off everywhere'],
  ] as const) {
    flag
      .command(`${verb} <key>`)
      .description(says)
      .requiredOption('--reason <text>', 'why; kept in the audit')
      .action(async (key: string, given: { reason: string }, command: Command) => {
        const session = open(command)
        const params = { project: session.project(), flag: key }
        const changed = await session.call(operation, { params, body: given })
        session.result(
          changed,
          () => `${key} is ${changed.archivedAt === undefined ? 'back, and off everywhere' : 'archived'}.`,
        )
      })
  }
  flag
    .command('debt')
    .description('flags that should be gone, with who answers for each; the oldest first')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listFlagDebt', { params: { project: session.project() } })
      session.rows(
        items,
        ['flag', 'owner', 'since', 'because', 'asked in', 'on in'],
        items.map((it) => [
          it.flag,
          it.owner,
          it.since,
          it.why,
          `${it.references} places`,
          it.enabledIn.join(', ') || 'none',
        ]),
      )
    })
  flag
    .command('lifecycle')
    .description('where each flag is in its life: debt, code references, evaluations and age, joined')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listFlagLifecycle', { params: { project: session.project() } })
      session.rows(
        items,
        ['flag', 'stage', 'evaluated', 'asked in', 'why'],
        items.map((it) => [
          it.flag,
          it.stage,
          it.lastEvaluatedAt ?? 'not in 30 days',
          it.references === null ? 'not known' : `${it.references} places`,
          it.why,
        ]),
      )
    })
  flag
    .command('clean-up <key>')
    .description('ask for a flag that should go to be removed from the code')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      const asked = await session.call('requestCleanUp', {
        params: { project: session.project(), flag: key },
      })
      session.result(asked, () => asked.text)
    })
  trying(flag, open)
}

function trying(flag: Command, open: Open): void {
  flag
    .command('tests <feature>')
    .description('the verification runs of a feature, newest first')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listVerifications', { params: await runOf(session, name) })
      session.rows(
        items,
        ['verification', 'state', 'current', 'evidence', 'at'],
        items.map((it) => [
          it.id,
          it.state,
          it.current === true ? 'yes' : 'no',
          it.evidence ?? '–',
          it.startedAt,
        ]),
      )
    })
  flag
    .command('monitoring <key>')
    .description('status, usage and impact of a flag in one environment')
    .requiredOption('-e, --env <environment>', 'environment')
    .action(async (key: string, given: { env: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), flag: key, environment: given.env }
      const it = await session.call('showMonitoring', { params })
      session.result(it, () => describeMonitoring(it))
    })
}

function changeOf({ days, permanent, layer, variants, schema, ...rest }: EditOptions): Change {
  return {
    ...rest,
    // The server checks the values and names the one at fault.
    ...(variants === undefined ? {} : { variants: readObject(variants) as Change['variants'] }),
    ...schemaOf(schema),
    ...(layer === undefined ? {} : { layers: layer }),
    ...(days === undefined ? {} : { lifetimeDays: wholeNumber(days, '--days') }),
    ...(permanent === undefined ? {} : { permanentReason: permanent }),
  }
}

function describeMonitoring({ status, usage, impact, alerts }: Answer<'showMonitoring'>): string {
  const current = status.instances.filter((it) => it.current).length
  return [
    fields([
      ['status', status.enabled ? 'on' : 'off'],
      ['served', `${current} of ${status.connected} instances have revision ${status.configuredRevision}`],
      ['silent', usage.silent ? 'instances are connected and none reports requests' : 'no'],
      ['faults', usage.faults.map((it) => `${it.code} ${it.n}`).join(', ') || 'none'],
      ['exposed', impact === null ? 'no rollout' : String(impact.exposedKeys ?? 'not counted')],
    ]),
    table(
      ['variant', 'requests', 'bad', 'slow'],
      usage.variants.map((it) => [it.variant, String(it.n), String(it.bad), String(it.slow)]),
    ),
    table(
      ['variant', 'because of', 'requests'],
      usage.reasons.map((it) => [it.variant, it.reason, String(it.n)]),
    ),
    table(
      ['layer', 'variant', 'requests'],
      usage.layers.map((it) => [it.layer, it.variant, String(it.n)]),
    ),
    table(
      ['used by pages', 'people'],
      usage.browsers.map((it) => [it.variant ?? 'default of the code', String(it.n)]),
    ),
    table(
      ['alert', 'state', 'since'],
      alerts.map((it) => [it.rule, it.state, it.since]),
    ),
  ].join('\n\n')
}

/** Commander says `true` for a `--no-` option that was not given. */
function schemaOf(given: string | boolean | undefined): Pick<Change, 'schema'> {
  if (given === undefined || given === true) return {}
  return { schema: given === false ? null : (readObject(given) as Change['schema']) }
}
