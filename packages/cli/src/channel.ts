/**
 * `flagmarshal channel …`, `delivery …`: where signals go, and what became of each.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { usage } from './failure.ts'
import { pairs, readSecret } from './given.ts'
import type { Open } from './program.ts'
import type { Answer } from './session.ts'

type NewChannel = Call<Operations['createChannel']>['body']
type ChangedChannel = Call<Operations['updateChannel']>['body']
type Filter = NonNullable<Call<Operations['listDeliveries']>['query']>

interface ChannelOptions {
  kind: string
  setting?: string[]
  secretFile?: string
  subscribe?: string[]
}

export function channelCommands(program: Command, open: Open): void {
  const channel = program
    .command('channel')
    .description('where signals go: webhook, slack, jira, pagerduty, mail')
  channel
    .command('create <key>')
    .description('create a channel; its secret is read from a file and never shown')
    .requiredOption('--kind <kind>', 'webhook, slack, jira, pagerduty or mail')
    .option('--setting <name=value...>', 'a setting, like url=https://shop.example/hook; a value may be JSON')
    .option('--secret-file <path>', 'file with the secret; - reads stdin')
    .option('--subscribe <type...>', 'types of signals, like dev.flagmarshal.rollout.*, or *')
    .action(async (key: string, given: ChannelOptions, command: Command) => {
      const session = open(command)
      const made = await session.call('createChannel', {
        params: { project: session.project() },
        // The server checks the shape and names the field at fault.
        body: { key, kind: given.kind, ...partsOf(given) } as NewChannel,
      })
      session.result(
        made,
        () => `Channel ${made.key} takes ${made.subscribes.join(', ') || 'nothing by itself'}.`,
      )
    })
  channel
    .command('list')
    .description('list the channels of the project')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listChannels', { params: { project: session.project() } })
      session.rows(
        items,
        ['channel', 'kind', 'state', 'takes'],
        items.map((it) => [it.key, it.kind, stateOf(it), it.subscribes.join(', ')]),
      )
    })
  changing(channel, open)
  deliveries(program, open)
}

function changing(channel: Command, open: Open): void {
  for (const [verb, state] of [
    ['enable', 'active'],
    ['disable', 'disabled'],
  ] as const) {
    channel
      .command(`${verb} <key>`)
      .description(
        state === 'active' ? 'make a channel active; what waited is sent' : 'send nothing to a channel',
      )
      .option('--secret-file <path>', 'file with a new secret; - reads stdin')
      .action(async (key: string, given: { secretFile?: string }, command: Command) => {
        const session = open(command)
        const params = { project: session.project(), channel: key }
        const { kind, settings, subscribes, revision } = await session.call('getChannel', { params })
        const secret = given.secretFile === undefined ? {} : { secret: readSecret(given.secretFile) }
        const body = { kind, settings, subscribes, state, ...secret } as ChangedChannel
        const changed = await session.call('updateChannel', { params, body, ifMatch: revision })
        session.result(changed, () => `Channel ${key} is ${changed.state}.`)
      })
  }
  channel
    .command('delete <key>')
    .description('remove a channel; what waits for it is dropped')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('deleteChannel', { params: { project: session.project(), channel: key } })
      session.result({ deleted: key }, () => `Deleted ${key}.`)
    })
}

function deliveries(program: Command, open: Open): void {
  const delivery = program.command('delivery').description('what became of each signal on each channel')
  delivery
    .command('list')
    .description('list the deliveries of the project, newest first')
    .option('--channel <key>', 'only of this channel')
    .option('--state <state>', 'only waiting, delivered, dead or dropped')
    .action(async (given: { channel?: string; state?: string }, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listDeliveries', {
        params: { project: session.project() },
        query: given as Filter,
      })
      session.rows(
        items,
        ['delivery', 'channel', 'signal', 'subject', 'state', 'tries', ''],
        items.map((it) => [
          it.id,
          it.channel,
          it.signal.type,
          it.signal.subject,
          it.state,
          String(it.attempts),
          it.log.at(-1)?.why ?? '',
        ]),
      )
    })
  delivery
    .command('replay <id>')
    .description('send a delivery again, with the same id')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('replayDelivery', { params: { project: session.project(), delivery: id } })
      session.result({ replayed: id }, () => `${id} is sent again.`)
    })
}

function partsOf({ setting = [], secretFile, subscribe = [] }: ChannelOptions) {
  return {
    settings: Object.fromEntries(pairs(setting, '--setting').map(([name, text]) => [name, valueOf(text)])),
    ...(secretFile === undefined ? {} : { secret: readSecret(secretFile) }),
    subscribes: subscribe,
  }
}

/** Numbers and lists are JSON; what is none is text. */
function valueOf(text: string): unknown {
  if (!/^(\d+$|\[)/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    throw usage(`${text} is neither a number nor a list.`, 'Write a list like ["ops@shop.example"].')
  }
}

function stateOf(channel: Answer<'getChannel'>): string {
  return channel.disabledBecause === undefined
    ? channel.state
    : `${channel.state}: ${channel.disabledBecause}`
}
