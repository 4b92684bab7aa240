/**
 * `flagmarshal feature report …`: what people and machines say about a feature.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import type { Open } from './program.ts'

type NewReport = Call<Operations['createReport']>['body']
type Filter = NonNullable<Call<Operations['listReports']>['query']>

interface ReportOptions {
  kind: NewReport['kind']
  severity: NewReport['severity']
  text: string
  reference?: string
  positive?: boolean
}

export function reportCommands(feature: Command, open: Open): void {
  feature
    .command('report [feature]')
    .description('report something about a feature, or about what concerns no single one')
    .requiredOption('--kind <kind>', 'complaint, incident, security, data-loss or feedback')
    .requiredOption('--severity <severity>', 'critical, major or minor')
    .requiredOption('--text <text>', 'what happened')
    .option('--reference <text>', 'where more is to be found')
    .option('--positive', 'of feedback: it is good')
    .action(async (name: string | undefined, given: ReportOptions, command: Command) => {
      const session = open(command)
      const [project, body] = [session.project(), { ...given }]
      const made =
        name === undefined
          ? await session.call('createProjectReport', { params: { project }, body })
          : await session.call('createReport', { params: { project, feature: name }, body })
      session.result(made, () => `Report ${made.id}: ${made.severity} ${made.kind}.`)
    })
  feature
    .command('reports [feature]')
    .description('the reports about a feature, or of the whole project, newest first')
    .option('--open', 'only those that are not resolved')
    .option('--kind <kind>', 'only of this kind')
    .option('--severity <severity>', 'only of this severity')
    .action(
      async (
        name: string | undefined,
        given: { open?: true; kind?: string; severity?: string },
        command: Command,
      ) => {
        const session = open(command)
        const { open: onlyOpen, ...others } = given
        const query = { ...others, ...(onlyOpen === true ? { open: 'true' } : {}) } as Filter
        const project = session.project()
        const { items } = await (name === undefined
          ? session.call('listProjectReports', { params: { project }, query })
          : session.call('listReports', { params: { project, feature: name }, query }))
        session.rows(
          items,
          ['report', 'kind', 'severity', 'at', 'state', ''],
          items.map((it) => [
            it.id,
            it.kind,
            it.severity,
            it.at,
            it.resolvedAt === undefined ? 'open' : 'resolved',
            it.text,
          ]),
        )
      },
    )
  feature
    .command('resolve-report <id>')
    .description('say that what was reported is over')
    .requiredOption('--reason <text>', 'how it ended')
    .action(async (id: string, given: { reason: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), report: id }
      const done = await session.call('resolveReport', { params, body: { reason: given.reason } })
      session.result(done, () => `Report ${done.id} is resolved.`)
    })
}
