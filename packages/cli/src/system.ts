/**
 * `flagmarshal ready`, `signal …`, `instance …`: what the server and those connected to it are doing.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { wholeNumber } from './given.ts'
import type { Open } from './program.ts'
import type { Answer } from './session.ts'
import { table } from './table.ts'

export function systemCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  program
    .command('ready')
    .description('whether the server can serve, part by part; exits 9 while it cannot')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const outcome = await session.client.call('getReadiness')
      const parts = outcome.ok ? outcome.body : { ready: false, problem: outcome.problem.detail }
      session.result(parts, () => JSON.stringify(parts, null, 2))
      if (!parts.ready) end(EXIT.notVerified)
    })
  statusCommand(program, open)
  attentionCommand(program, open)
  program
    .command('signal')
    .description('what the project told the world')
    .command('list')
    .description('list the signals, newest first, with what came of their deliveries; dead: delivery list')
    .option('--limit <number>', 'how many', '50')
    .action(async (given: { limit: string }, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listSignals', {
        params: { project: session.project() },
        query: { limit: String(wholeNumber(given.limit, '--limit')) },
      })
      session.rows(
        items,
        ['time', 'type', 'subject', 'state'],
        items.map((it) => [it.time, it.type, it.subject, it.state]),
      )
    })
  program
    .command('instance')
    .description('running copies of applications')
    .command('list')
    .description('list them: who runs which revision, and who is silent')
    .requiredOption('-e, --env <environment>', 'environment')
    .action(async (given: { env: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), environment: given.env }
      const { items } = await session.call('listInstances', { params })
      session.rows(
        items,
        ['instance', 'application', 'layers', 'state', 'revision', 'edge', 'last seen'],
        items.map((it) => [
          it.instanceId,
          it.description?.application ?? '–',
          it.description?.layers.join(', ') ?? '–',
          it.state,
          String(it.acknowledgedRevision ?? '–'),
          it.edge?.name ?? '–',
          it.edge?.lostSince === undefined
            ? it.lastSeenAt
            : `${it.lastSeenAt}, edge lost since ${it.edge.lostSince}`,
        ]),
      )
    })
}

function attentionCommand(program: Command, open: Open): void {
  program
    .command('attention')
    .description('what needs you now, over all projects, the most urgent first; and what is under way')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const attention = await session.call('showAttention')
      session.result(attention, () => describeAttention(attention))
    })
}

function describeAttention({ items, rollouts, runs }: Answer<'showAttention'>): string {
  const needed = items.map((it) => [it.state.replaceAll('_', ' '), it.feature, it.title, it.command])
  const moving = [
    ...rollouts.map((it) => [it.state.replaceAll('_', ' '), it.feature, it.status]),
    ...runs.map((it) => [it.state.replaceAll('_', ' '), it.feature, it.status]),
  ]
  return [
    needed.length === 0 ? 'Nothing needs you.' : table(['state', 'feature', 'what', 'command'], needed),
    moving.length === 0 ? 'Nothing is under way.' : table(['state', 'feature', 'where it stands'], moving),
  ].join('\n\n')
}

function statusCommand(program: Command, open: Open): void {
  program
    .command('status')
    .description('how the product itself is: versions, parts, control loop, channels, applications')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const status = await session.call('showStatus')
      session.result(status, () => describeStatus(status))
    })
}

function describeStatus({
  versions,
  parts,
  controller,
  channels,
  fleet,
  ...it
}: Answer<'showStatus'>): string {
  return [
    `Flagmarshal ${versions.server} on Node ${versions.node}; ${versions.database}, migration ${versions.migration}, answers in ${it.databaseMs} ms`,
    `${controller.watched} rollouts looked at, last ${controller.lastTickAt ?? 'never'}, late by ${Math.round(controller.overdueMs)} ms`,
    table(
      ['part', 'state', 'says'],
      parts.map(({ name, ok, facts }) => [name, ok ? 'ok' : 'not ok', JSON.stringify(facts)]),
    ),
    table(
      ['project', 'environment', 'revision', 'connected', 'silent', 'behind', 'SDKs'],
      fleet.map((one) => [
        one.project,
        one.environment,
        String(one.revision),
        String(one.connected),
        String(one.silent),
        String(one.behind),
        one.sdks.join(', '),
      ]),
    ),
    table(
      ['project', 'channel', 'kind', 'state', 'waiting', 'dead'],
      channels.map((one) => [
        one.project,
        one.channel,
        one.kind,
        one.state,
        String(one.waiting),
        String(one.dead),
      ]),
    ),
  ].join('\n\n')
}
