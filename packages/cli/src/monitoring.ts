/**
 * `flagmarshal monitoring …`: alert rules and a dashboard made from the rollout plan, installed where
 * a system is connected, written to files where none is, and looked at again.
 */
import path from 'node:path'

import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { writeLocal } from './local-file.ts'
import type { Open } from './program.ts'
import { runOf } from './run.ts'
import type { Answer } from './session.ts'
import { fields, table } from './table.ts'
import { ask, duration } from './wait.ts'

type Setup = Answer<'showMonitoringSetup'>
type End = (code: ExitCode) => void

export function monitoringCommands(program: Command, open: Open, end: End): void {
  const monitoring = program
    .command('monitoring')
    .description('alert rules and a dashboard made from the rollout plan')
  setUpCommand(monitoring, open, end)
  monitoring
    .command('show <feature>')
    .description('what was set up last, and what was found')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listMonitoringSetups', { params: await runOf(session, name) })
      const [latest] = items
      session.result(latest ?? null, () =>
        latest === undefined ? 'Nothing was set up yet.' : describe(latest),
      )
    })
  monitoring
    .command('export <feature>')
    .description('write rules, their tests, the dashboard and the receiver as files')
    .option('--out <folder>', 'where to', 'monitoring')
    .action(async (name: string, { out }: { out: string }, command: Command) => {
      const session = open(command)
      const files = await session.call('showMonitoringFiles', { params: await runOf(session, name) })
      const written = [
        { name: 'rules.yml', text: files.rules },
        { name: 'alertmanager.yml', text: files.alertmanager },
        { name: 'dashboard.json', text: `${JSON.stringify(files.dashboard, null, 2)}\n` },
        ...files.tests,
      ]
      const names = written.map((it) => path.join(out, path.basename(it.name)))
      for (const [i, { text }] of written.entries()) writeLocal(session, names[i] ?? out, text)
      session.result({ files: names }, () => names.join('\n'))
    })
  monitoring
    .command('look <feature>')
    .description('whether rules are healthy and the dashboard is still ours. Exits 9 when it is not')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const seen = await session.call('lookAtMonitoring', { params: await runOf(session, name) })
      const faults = [...seen.faults, ...seen.unknown.map((it) => `not known: ${it}`)]
      session.result(seen, () =>
        faults.length === 0 ? 'Everything stands as it was set up.' : marked(faults).join('\n'),
      )
      end(faults.length === 0 ? EXIT.ok : EXIT.notVerified)
    })
}

function setUpCommand(monitoring: Command, open: Open, end: End): void {
  monitoring
    .command('set-up <feature>')
    .description(
      'check, test and install the rules, test the routes, push the dashboard, evaluate its panels. Exits 9 when something is wrong or not known',
    )
    .option('--wait <duration>', 'how long to wait for the end; 0s does not wait', '3m')
    .action(async (name: string, { wait }: { wait: string }, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const { id } = await session.call('startMonitoringSetup', { params })
      let told = 0
      const found = await ask(
        async () => {
          const it = await session.call('showMonitoringSetup', { params: { ...params, setup: id } })
          for (const { what } of it.progress.slice(told)) session.say(what)
          told = it.progress.length
          return it
        },
        (it) => it.state !== 'running',
        { withinMs: duration(wait), everyMs: 200 },
      )
      session.result(found, () => describe(found))
      if (found.state === 'running') return end(duration(wait) === 0 ? EXIT.ok : EXIT.timeout)
      const right = found.state === 'done' && found.findings.length + found.unknown.length === 0
      end(right ? EXIT.ok : EXIT.notVerified)
    })
}

function describe(it: Setup): string {
  const { found } = it
  const head = fields([
    ['set-up', it.id],
    ['state', it.problem ?? it.state],
    ['evidence', it.evidence ?? '–'],
    ...(found === undefined
      ? []
      : ([
          ['rules', `${found.rules.loaded.length} of ${found.rules.count} loaded`],
          ['dashboard', found.dashboard.pushed?.url ?? found.dashboard.why ?? '–'],
        ] as [string, string][])),
  ])
  if (found === undefined) return head
  const routes = found.routes.routes.map((one) => [
    one.rule,
    one.receivers.join(', ') || '–',
    one.person || '–',
  ])
  const panels = found.panels.map((one) => [
    `${one.title}: ${one.legend}`,
    one.source === 'drill' ? `${one.environment}, by the drill` : one.environment,
    one.state,
  ])
  return [
    head,
    table(['rule', 'receivers', 'person'], routes),
    table(['panel', 'environment', 'data'], panels),
    ...marked([
      ...found.rules.conflicts.map((one) => `${one.rule} in ${one.group}: ${one.kind}`),
      ...it.findings,
      ...it.unknown.map((one) => `not known: ${one}`),
    ]),
  ].join('\n\n')
}

function marked(lines: readonly string[]): readonly string[] {
  return lines.map((it) => `  ✗ ${it}`)
}
