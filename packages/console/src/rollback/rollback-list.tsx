/** The rollbacks that there were: of a project, or of one feature. */
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Link } from '../ui/link.tsx'
import { ListCard } from '../ui/list-card.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

interface RollbackListProps {
  readonly project: string
  /** Only of this feature. */
  readonly feature?: string
}

export function RollbackList({ project, feature }: RollbackListProps): ReactElement {
  const read = useLive('listRollbacks', {
    params: { project },
    ...(feature === undefined ? {} : { query: { feature } }),
  })
  return (
    <ListCard
      title="Those that there were"
      read={read}
      empty={
        <EmptyState
          title="Nothing has been rolled back"
          command={`flagmarshal rollback list${feature === undefined ? '' : ` --feature ${feature}`}`}
        >
          A rollback turns a feature off first and is then led through its seven steps to a report. What the
          engine rolls back by itself gets one, too.
        </EmptyState>
      }
    >
      {(items) => (
        <Table columns={['Began', 'Feature', 'State', 'Why', 'By']}>
          {items.map((it) => (
            <tr key={it.id}>
              <td>
                <Link to={paths.rollback(project, it.id)}>
                  <TimeAgo at={it.startedAt} />
                </Link>
              </td>
              <td>{it.feature}</td>
              <td>
                <Status of={it.state} /> <span className="fm-dim">{it.status}</span>
              </td>
              <td>{it.reason}</td>
              <td>{it.startedBy}</td>
            </tr>
          ))}
        </Table>
      )}
    </ListCard>
  )
}
