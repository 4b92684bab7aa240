/**
 * `flagmarshal rollout log|series`: what was decided in a project, what was measured of a rollout.
 */
import type { Command } from 'commander'

import type { Open } from './program.ts'
import type { Session } from './session.ts'
import { percent } from './table.ts'

/** Finds the rollout that a name means. */
type Find = (session: Session, name: string) => Promise<{ project: string; rollout: string }>

interface LogOptions {
  readonly feature?: string
  readonly environment?: string
  readonly kind?: string
  readonly cursor?: string
}

export function historyCommands(rollout: Command, open: Open, find: Find): void {
  rollout
    .command('log')
    .description('the decisions of all rollouts of the project, newest first, a page at a time')
    .option('--feature <key>', 'of one feature')
    .option('-e, --environment <key>', 'of one environment')
    .option('--kind <kind>', 'advance, hold, roll-back, complete, pause …')
    .option('--cursor <text>', 'the next page, as the one before names it')
    .action(async (given: LogOptions, command: Command) => {
      const session = open(command)
      const params = { project: session.project() }
      const page = await session.call('listDecisions', { params, query: given })
      session.rows(
        page,
        ['at', 'feature', 'environment', '#', 'by', 'decision', 'because'],
        page.items.map((it) => [
          it.at,
          it.feature,
          it.environment,
          String(it.seq),
          it.by,
          it.kind,
          it.sentence,
        ]),
      )
      if (page.next !== null) session.say(`There is more: --cursor ${page.next}`)
    })
  rollout
    .command('series <feature|rollout>')
    .description('the latest windows: exposed and control, and where the evidence (log e) stood')
    .option('-n, --windows <count>', 'how many', '30')
    .action(async (name: string, { windows }: { windows: string }, command: Command) => {
      const session = open(command)
      const series = await session.call('showRolloutSeries', {
        params: await find(session, name),
        query: { windows },
      })
      const rows = series.points.flatMap(({ end, criteria }) =>
        criteria.map((it) => [
          end,
          it.criterion,
          it.kind,
          share(it.exposed),
          share(it.control),
          ...(['harm', 'relative', 'absolute'] as const).map((way) => it.logE?.[way]?.toFixed(2) ?? '–'),
        ]),
      )
      const { harm, safe } = series.needed
      const ways = [
        `harm (${harm.toFixed(2)})`,
        `safe (${safe.toFixed(2)})`,
        `below ceiling (${safe.toFixed(2)})`,
      ]
      session.rows(series, ['window', 'criterion', 'kind', 'exposed', 'control', ...ways], rows)
    })
}

function share(counts: { readonly n: number; readonly x: number } | null): string {
  if (counts === null || counts.n === 0) return '–'
  return `${Number(counts.x.toPrecision(6))}/${Number(counts.n.toPrecision(6))} (${percent(counts.x / counts.n)})`
}
