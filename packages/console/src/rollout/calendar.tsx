/** Rollouts day by day, in the zone of the project, with the days on which none may start. */
import type { RolloutSummary } from '@flagmarshal/api/rollout'
import { whyClosed } from '@flagmarshal/domain/rollout/calendar'
import type { Calendar as Hours } from '@flagmarshal/domain/rollout/calendar'
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive, useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { useNow } from '../ui/time-ago.tsx'
import { hasEnded } from './words.ts'

import classes from './rollout.module.css'

const DAY_MS = 86_400_000
const DAYS_BACK = 7
const DAYS_AHEAD = 14
/** Times of a day that are asked whether a rollout may start. */
const ASKED_HOURS = 24

export function RolloutCalendar(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const rollouts = useLive('listRollouts', { params: { project } })
  const policy = useRead('showPolicy', { params: { project } })
  return (
    <Page
      title="Calendar of rollouts"
      crumbs={<Link to={paths.rollouts(project)}>Rollouts</Link>}
      actions={<Freshness of={[rollouts]} />}
    >
      <Loaded read={policy}>
        {(settled) => (
          <Loaded read={rollouts}>
            {({ items }) => <Table project={project} items={items} policy={settled} />}
          </Loaded>
        )}
      </Loaded>
    </Page>
  )
}

interface TableProps {
  readonly project: string
  readonly items: readonly RolloutSummary[]
  readonly policy: Answer<'showPolicy'>
}

function Table({ project, items, policy: { zone, rollouts } }: TableProps): ReactElement {
  const now = useNow()
  const { days: weekdays, from, to } = rollouts
  const blackouts = rollouts.blackouts.map((it) => ({ ...it, from: new Date(it.from), to: new Date(it.to) }))
  const hours: Hours = { zone, days: weekdays, from, to, blackouts }
  const days = Array.from({ length: DAYS_BACK + DAYS_AHEAD + 1 }, (_, at) => now + (at - DAYS_BACK) * DAY_MS)
  const names = days.map((it) => dayOf(it, zone))
  const today = dayOf(now, zone)
  const closed = new Set(days.filter((it) => isClosed(hours, it)).map((it) => dayOf(it, zone)))
  const shown = items.filter((it) => spanOf(it, now).to >= (days[0] ?? 0))
  return (
    <Card
      title={`${names[0] ?? ''} to ${names.at(-1) ?? ''}`}
      beside={<span className="fm-dim">{zone}</span>}
      flush
    >
      <p className={classes['calm']}>
        Rollouts start {weekdays.join(', ')} from {from} to {to}. Hatched: none may start on that day.
      </p>
      {shown.length === 0 ? (
        <EmptyState title="No rollout in these three weeks" command="flagmarshal rollout list">
          What is scheduled, runs or has ended lately is shown here, a row for each.
        </EmptyState>
      ) : (
        <table className={classes['calendar']}>
          <thead>
            <tr>
              <th scope="row">Rollout</th>
              {names.map((it) => (
                <th scope="col" key={it} data-closed={closed.has(it)} data-today={it === today}>
                  <span className="fm-hidden">{closed.has(it) ? 'closed, ' : ''}</span>
                  {Number(it.slice(8))}
                  <span className="fm-hidden">{it.slice(0, 8)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((it) => (
              <Line key={it.id} project={project} rollout={it} names={names} zone={zone} now={now} />
            ))}
          </tbody>
        </table>
      )}
    </Card>
  )
}

interface LineProps {
  readonly project: string
  readonly rollout: RolloutSummary
  readonly names: readonly string[]
  readonly zone: string
  readonly now: number
}

function Line({ project, rollout, names, zone, now }: LineProps): ReactElement {
  const span = spanOf(rollout, now)
  const [first, last] = [dayOf(span.from, zone), dayOf(span.to, zone)]
  return (
    <tr>
      <th scope="row">
        <Link to={paths.rollout(project, rollout.id)}>{rollout.feature}</Link>{' '}
        <span className="fm-dim">attempt {rollout.attempt}</span>
      </th>
      {names.map((it) => (
        <td key={it}>{it >= first && it <= last ? <Status of={rollout.state} iconOnly /> : null}</td>
      ))}
    </tr>
  )
}

/** From its start to its end, or to now while it has none. */
function spanOf({ startAt, endedAt, state }: RolloutSummary, now: number): { from: number; to: number } {
  const from = Date.parse(startAt)
  const to = endedAt === null ? (hasEnded(state) ? from : Math.max(from, now)) : Date.parse(endedAt)
  return { from, to: Math.max(from, to) }
}

/** `2026-03-02` by the clock of the zone. */
function dayOf(at: number, zone: string): string {
  return new Date(at).toLocaleDateString('en-CA', { timeZone: zone })
}

/** Whether no hour of the day of that moment is open. */
function isClosed(hours: Hours, at: number): boolean {
  const day = dayOf(at, hours.zone)
  return Array.from({ length: 2 * ASKED_HOURS }, (_, hour) => at + (hour - ASKED_HOURS) * 3_600_000)
    .filter((it) => dayOf(it, hours.zone) === day)
    .every((it) => whyClosed(hours, new Date(it)) !== undefined)
}
