/**
 * `flagmarshal segment …`: named groups of contexts, with lists of their own in each environment.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { parseObject, readObject } from './given.ts'
import type { Open } from './program.ts'
import type { Answer } from './session.ts'
import { fields, table } from './table.ts'

type Content = NonNullable<Call<Operations['changeSegment']>['body']>

interface ContentOptions {
  when?: string
  include?: string[]
  exclude?: string[]
}

export function segmentCommands(program: Command, open: Open): void {
  const segment = program.command('segment').description('groups of contexts')
  writing(segment, open)
  segment
    .command('list')
    .description('list the segments')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listSegments', { params: { project: session.project() } })
      session.rows(
        items,
        ['segment', 'name', 'included in'],
        items.map((it) => [
          it.key,
          it.name,
          it.environments.map((one) => `${one.environment} (${one.included})`).join(', '),
        ]),
      )
    })
  segment
    .command('show <key>')
    .description('show a segment in each environment')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), segment: key }
      const it = await session.call('getSegment', { params })
      session.result(it, () => describe(it))
    })
}

function writing(segment: Command, open: Open): void {
  segment
    .command('create <key>')
    .description('create a segment, the same in every environment at first')
    .option('--name <name>', 'name for people; the key unless given')
    .option('--when <json>', 'condition, like {"attribute": "country", "op": "in", "values": ["FI"]}')
    .option('--include <key...>', 'targeting keys that are in it whatever the condition says')
    .option('--exclude <key...>', 'targeting keys that are never in it')
    .action(async (key: string, given: ContentOptions & { name?: string }, command: Command) => {
      const session = open(command)
      const made = await session.call('createSegment', {
        params: { project: session.project() },
        body: { key, name: given.name ?? key, ...contentOf(given) },
      })
      const where = made.environments.map((it) => it.environment).join(', ')
      session.result(made, () => `Segment ${made.key} is there, in ${where}.`)
    })
  segment
    .command('set <key>')
    .description('replace a segment in one environment')
    .requiredOption('-e, --env <environment>', 'environment')
    .requiredOption('-f, --file <path>', 'file with {when, include, exclude}; - reads stdin')
    .action(async (key: string, given: { env: string; file: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), segment: key }
      const { environments } = await session.call('getSegment', { params })
      const now = environments.find((it) => it.environment === given.env)
      const changed = await session.call('changeSegment', {
        params: { ...params, environment: given.env },
        // The server checks the shape and names the field at fault.
        body: readObject(given.file),
        ifMatch: now?.revision ?? 1,
      })
      session.result(changed, () => `${key} in ${given.env} has revision ${changed.revision}.`)
    })
}

function contentOf({ when, include, exclude }: ContentOptions): Content {
  return {
    ...(when === undefined ? {} : { when: parseObject(when, '--when') }),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
  }
}

function describe(it: Answer<'getSegment'>): string {
  const rows = it.environments.map((one) => [
    one.environment,
    one.when === undefined ? '–' : JSON.stringify(one.when),
    String(one.include.length),
    String(one.exclude.length),
    String(one.revision),
  ])
  const head = fields([
    ['segment', it.key],
    ['name', it.name],
  ])
  return `${head}\n\n${table(['environment', 'condition', 'included', 'excluded', 'revision'], rows)}`
}
