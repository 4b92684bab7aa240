/** The rollbacks that there were: of a project, or of one feature. */
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
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
    <Card title="Those that there were" flush>
      <Loaded read={read}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title="Nothing has been rolled back"
              command={`flagmarshal rollback list${feature === undefined ? '' : ` --feature ${feature}`}`}
            >
              A rollback turns a feature off first and is then led through its seven steps to a report. What
              the engine rolls back by itself gets one, too.
            </EmptyState>
          ) : (
            <table className="fm-table">
              <thead>
                <tr>
                  <th>Began</th>
                  <th>Feature</th>
                  <th>State</th>
                  <th>Why</th>
                  <th>By</th>
                </tr>
              </thead>
              <tbody>
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
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Card>
  )
}
