/**
 * `flagmarshal metric …`: metrics of a connection, before a plan rests on them.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { wholeNumber } from './given.ts'
import type { Open } from './program.ts'

type Metric = Call<Operations['readMetric']>['body']['metric']

interface QueryOptions {
  total?: string
  bad?: string
  good?: string
  audience?: string[]
  windowMs?: string
  buckets?: string
  count?: string
  sum?: string
  squares?: string
  query?: string
  limit?: string
}

export function metricCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const metric = program.command('metric').description('metrics of a connection, as they are now')
  metric
    .command('try <connection>')
    .description('count a criterion with its queries in the latest window; exits 9 when nothing is known')
    .requiredOption('--total <query>', 'all events: a selector of counters, or an expression with $window')
    .option('--bad <query>', 'what is bad of them')
    .option('--good <query>', 'or what is good')
    .option('--audience <id...>', 'audiences of the plan; everybody unless given')
    .option('--window-ms <number>', 'length of the window')
    .action(async (connection: string, given: QueryOptions, command: Command) => {
      const session = open(command)
      const { total = '', bad, good, audience, windowMs } = given
      const tried = await session.call('tryCriterion', {
        params: { project: session.project(), connection },
        body: {
          total,
          ...(bad === undefined ? {} : { bad }),
          ...(good === undefined ? {} : { good }),
          ...(audience === undefined ? {} : { audiences: audience }),
          ...windowOf(windowMs),
        },
      })
      const arms = tried.audiences.flatMap((it) =>
        (['exposed', 'control'] as const).map(
          (arm) => `${it.audience}, ${arm}: ${it[arm].x} of ${it[arm].n}`,
        ),
      )
      session.result(tried, () => [`${wordOf(tried)}, ${tried.from} to ${tried.to}`, ...arms].join('\n'))
      if (tried.state !== 'ok') end(EXIT.notVerified)
    })
  reading(metric, open, end)
  resources(metric, open, end)
}

interface ResourceOptions {
  env: string
  minutes?: string
  resource?: string
  service?: string
  limit?: string
}

function resources(metric: Command, open: Open, end: (code: ExitCode) => void): void {
  metric
    .command('resources')
    .description(
      'what each instance uses, as its SDK reports it; with --limit it exits 9 when nothing is known or one is above it',
    )
    .requiredOption('-e, --env <environment>', 'environment')
    .option('--minutes <number>', 'how far back; 5 unless given')
    .option(
      '--resource <name>',
      'cpu, memory, heap, event-loop-delay, event-loop-busy, pool:<name>, queue:<name>',
    )
    .option('--service <application>', 'of one application')
    .option('--limit <number>', 'with --resource: what no instance may be above')
    .action(async (given: ResourceOptions, command: Command) => {
      const session = open(command)
      const { env, minutes, resource, service, limit } = given
      if (limit !== undefined && (resource === undefined || !(Number(limit) >= 0)))
        throw usage(
          'A limit needs a resource and a number.',
          'Give --resource, and a number that is not negative.',
        )
      const { items } = await session.call('listResources', {
        params: { project: session.project(), environment: env },
        query: minutes === undefined ? {} : { minutes: String(wholeNumber(minutes, '--minutes')) },
      })
      const found = items.filter(
        (it) =>
          (resource === undefined || it.resource === resource) &&
          (service === undefined || it.service === service),
      )
      session.rows(
        found,
        ['service', 'instance', 'resource', 'latest', 'mean', 'highest', 'unit'],
        found.map((it) => [
          it.service,
          it.instance,
          it.resource,
          ...[it.latest, it.mean, it.highest].map((value) => String(Number(value.toPrecision(3)))),
          it.unit,
        ]),
      )
      const above = limit === undefined ? false : found.some((it) => it.latest > Number(limit))
      if (limit !== undefined && (found.length === 0 || above)) end(EXIT.notVerified)
    })
}

function reading(metric: Command, open: Open, end: (code: ExitCode) => void): void {
  metric
    .command('read <connection>')
    .description(
      'what a metric says of the latest window; exits 9 when nothing is known or a limit is exceeded',
    )
    .option('--total <selector>', 'how many')
    .option('--bad <selector>', 'with --total: the share that is bad')
    .option('--good <selector>', 'with --total: the share that is not good')
    .option('--buckets <selector>', 'buckets of a histogram: median and 99th percentile')
    .option('--count <selector>', 'with --sum and --squares: the mean')
    .option('--sum <selector>', 'sum of the values')
    .option('--squares <selector>', 'sum of their squares')
    .option('--query <promql>', 'with --limit: levels of a service')
    .option('--limit <number>', 'what no level may exceed')
    .option('--window-ms <number>', 'length of the window')
    .action(async (connection: string, given: QueryOptions, command: Command) => {
      const session = open(command)
      const read = await session.call('readMetric', {
        params: { project: session.project(), connection },
        body: { metric: formOf(given), ...windowOf(given.windowMs) },
      })
      const rows = read.rows.map(({ labels, ...numbers }) => {
        const of = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
        return `${of.join(' ') || 'all'}: ${Object.entries(numbers)
          .map(([name, value]) => `${name} ${value}`)
          .join(', ')}`
      })
      session.result(read, () => [`${wordOf(read)}, ${read.from} to ${read.to}`, ...rows].join('\n'))
      if (read.state !== 'ok' || read.rows.some((it) => it.within === false)) end(EXIT.notVerified)
    })
}

function formOf({ total, bad, good, buckets, count, sum, squares, query, limit }: QueryOptions): Metric {
  if (query !== undefined) return { form: 'level', query, limit: Number(limit) }
  if (buckets !== undefined) return { form: 'duration', buckets }
  if (count !== undefined && sum !== undefined && squares !== undefined)
    return { form: 'mean', count, sum, squares }
  if (total === undefined)
    throw usage(
      'No metric is named.',
      'Give --total, --buckets, --count with --sum and --squares, or --query.',
    )
  if (bad === undefined && good === undefined) return { form: 'count', total }
  return {
    form: 'share',
    total,
    ...(bad === undefined ? {} : { bad }),
    ...(good === undefined ? {} : { good }),
  }
}

function windowOf(text: string | undefined): { windowMs?: number } {
  return text === undefined ? {} : { windowMs: wholeNumber(text, '--window-ms') }
}

function wordOf({ state, detail }: { readonly state: string; readonly detail?: string | undefined }): string {
  return detail === undefined ? state : `${state.replace('_', ' ')}: ${detail}`
}
