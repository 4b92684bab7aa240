/** Every rollout of a project: what waits for a person first, then what moves, what comes, what has ended. */
import type { RolloutSummary } from '@flagmarshal/api/rollout'
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { percent } from './words.ts'

import classes from './rollout.module.css'

const GROUPS = [
  { title: 'Held: somebody decides', states: ['held', 'paused', 'rollback_failed'] },
  { title: 'Running', states: ['observing', 'running', 'rolling_back'] },
  { title: 'Scheduled', states: ['scheduled'] },
  { title: 'Ended', states: ['completed', 'rolled_back', 'aborted'] },
] as const

export function Rollouts(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useLive('listRollouts', { params: { project } })
  return (
    <Page
      title="Rollouts"
      actions={
        <>
          <Link to={paths.rolloutCalendar(project)}>Calendar</Link>
          <Freshness of={[read]} />
        </>
      }
    >
      <Loaded read={read}>
        {({ items }) =>
          items.length === 0 ? (
            <Card title="Rollouts">
              <EmptyState
                title="No rollout yet"
                command="flagmarshal rollout start <feature>"
                action={<Link to={paths.features(project)}>Take a feature through the procedure</Link>}
              >
                A feature whose plan three people have approved is rolled out in stages, and is watched here.
              </EmptyState>
            </Card>
          ) : (
            GROUPS.map((it) => (
              <Group
                key={it.title}
                project={project}
                title={it.title}
                items={items.filter(({ state }) => (it.states as readonly string[]).includes(state))}
              />
            ))
          )
        }
      </Loaded>
    </Page>
  )
}

interface GroupProps {
  readonly project: string
  readonly title: string
  readonly items: readonly RolloutSummary[]
}

function Group({ project, title, items }: GroupProps): ReactElement | null {
  if (items.length === 0) return null
  return (
    <Card title={title} beside={<span className="fm-dim">{items.length}</span>} flush>
      <Table
        columns={['State', 'Feature', 'Stage', 'Exposed', 'Began', 'Where it stands']}
        className={classes['board']}
      >
        {items.map((it) => (
          <tr key={it.id}>
            <td>
              <Status of={it.state} />
            </td>
            <td>
              <Link to={paths.rollout(project, it.id)}>{it.feature}</Link>{' '}
              <span className="fm-dim">
                {it.environment}, attempt {it.attempt}
              </span>
            </td>
            <td>{it.position === null ? '–' : it.position.name}</td>
            <td className="fm-number">{percent(it.exposure.share)}</td>
            <td>
              <TimeAgo at={it.startAt} />
            </td>
            <td>{it.status}</td>
          </tr>
        ))}
      </Table>
    </Card>
  )
}
