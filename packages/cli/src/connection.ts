/**
 * `flagmarshal connection …`: where metrics are read, alerts go and dashboards hang.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { pairs, readSecret } from './given.ts'
import type { Open } from './program.ts'
import type { Answer } from './session.ts'

type NewConnection = Call<Operations['createConnection']>['body']
type ChangedConnection = Call<Operations['updateConnection']>['body']
type Connection = Answer<'getConnection'>

interface ConnectionOptions {
  environment?: string
  setting?: string[]
  secretFile?: string[]
}

const SETTINGS =
  'a setting of a part, like prometheus.url=http://prometheus:9090, prometheus.scrapeMs=15000, alertmanager.url=…, grafana.url=…, grafana.folder=…, rules.file=…, rules.reloadUrl=…'
const SECRETS = 'file with the secret of a part, like prometheus=token.txt; - reads stdin'

export function connectionCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const connection = program
    .command('connection')
    .description('where metrics are read, alerts go and dashboards hang')
  writing(connection, open)
  reading(connection, open, end)
}

function writing(connection: Command, open: Open): void {
  connection
    .command('create <key>')
    .description('connect Prometheus, with Alertmanager and Grafana where there are any')
    .option('--environment <key>', 'only this environment is read there')
    .requiredOption('--setting <part.name=value...>', SETTINGS)
    .option('--secret-file <part=path...>', SECRETS)
    .action(async (key: string, given: ConnectionOptions, command: Command) => {
      const session = open(command)
      const made = await session.call('createConnection', {
        params: { project: session.project() },
        // The server checks the shape and names the field at fault.
        body: { key, kind: 'prometheus', ...partsOf(given, {}) } as unknown as NewConnection,
      })
      session.result(made, () => `Connection ${made.key} reads ${made.settings.prometheus.url}.`)
    })
  connection
    .command('change <key>')
    .description('change settings or secrets; what is not named stays')
    .option('--environment <key>', 'only this environment is read there')
    .option('--setting <part.name=value...>', SETTINGS)
    .option('--secret-file <part=path...>', SECRETS)
    .action(async (key: string, given: ConnectionOptions, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), connection: key }
      const now = await session.call('getConnection', { params })
      const { environment = now.environment } = given
      const body = { ...(environment && { environment }), ...partsOf(given, now.settings) }
      const changed = await session.call('updateConnection', {
        params,
        body: body as unknown as ChangedConnection,
        ifMatch: now.revision,
      })
      session.result(changed, () => `Connection ${key} is changed.`)
    })
  connection
    .command('delete <key>')
    .description('remove a connection; rollouts that measure through it are blind from then on')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('deleteConnection', { params: { project: session.project(), connection: key } })
      session.result({ deleted: key }, () => `Deleted ${key}.`)
    })
}

function reading(connection: Command, open: Open, end: (code: ExitCode) => void): void {
  connection
    .command('list')
    .description('list the connections of the project')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listConnections', { params: { project: session.project() } })
      session.rows(
        items,
        ['connection', 'environment', 'prometheus', 'parts'],
        items.map((it) => [
          it.key,
          it.environment ?? 'all',
          it.settings.prometheus.url,
          Object.keys(it.settings).join(', '),
        ]),
      )
    })
  connection
    .command('show <key>')
    .description('the settings of a connection')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), connection: key }
      const shown = await session.call('getConnection', { params })
      session.result(shown, () => linesOf(shown).join('\n'))
    })
  connection
    .command('test <key>')
    .description('ask each part whether it answers and lets us in; exits 9 when one does not')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), connection: key }
      const tested = await session.call('testConnection', { params })
      session.result(tested, () =>
        tested.probes.map((it) => `${it.part}: ${it.state}, ${it.note} (${it.ms} ms)`).join('\n'),
      )
      if (tested.state === 'fail') end(EXIT.notVerified)
    })
}

function linesOf({ key, environment, settings, hasSecrets }: Connection): string[] {
  const parts = Object.entries(settings).flatMap(([part, values]) =>
    Object.entries(values ?? {}).map(([name, value]) => `${part}.${name}: ${value}`),
  )
  return [
    `${key} for ${environment ?? 'all environments'}`,
    ...parts,
    `secrets: ${hasSecrets.join(', ') || 'none'}`,
  ]
}

/** `part.name=value` → settings, over those that are there. */
function partsOf({ environment, setting = [], secretFile = [] }: ConnectionOptions, present: object) {
  const settings: Record<string, Record<string, unknown>> = Object.fromEntries(
    Object.entries(present).map(([part, values]) => [part, { ...values }]),
  )
  for (const [name, text] of pairs(setting, '--setting')) {
    const [part = '', field] = name.split('.')
    if (field === undefined) throw usage(`--setting ${name} names no part.`, 'Write prometheus.url=….')
    settings[part] = { ...settings[part], [field]: /^\d+$/.test(text) ? Number(text) : text }
  }
  const secrets = pairs(secretFile, '--secret-file').map(([part, path]) => [part, readSecret(path)])
  return {
    ...(environment === undefined ? {} : { environment }),
    settings,
    ...(secrets.length === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
  }
}
