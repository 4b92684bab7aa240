/** Where code asks the flag, as far as repositories have said. */
import type { ReactElement } from 'react'

import { useRead } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

interface ReferencesProps {
  readonly project: string
  readonly flag: string
}

export function References({ project, flag }: ReferencesProps): ReactElement {
  const read = useRead('listReferences', { params: { project, flag } })
  return (
    <Card title="Code references" flush>
      <Loaded read={read}>
        {({ items }) =>
          items.every((it) => it.refs.length === 0) ? (
            <EmptyState title="No place in code is known" command="flagmarshal references --help">
              A repository reports where its code asks flags, usually from its pipeline. Until then nobody can
              tell whether the flag may go.
            </EmptyState>
          ) : (
            <table className="fm-table">
              <thead>
                <tr>
                  <th>Place</th>
                  <th>Layer</th>
                  <th>Repository</th>
                  <th>Commit</th>
                  <th>Reported</th>
                </tr>
              </thead>
              <tbody>
                {items.flatMap((it) =>
                  it.refs.map((ref) => (
                    <tr key={`${it.repo} ${ref.file} ${ref.line}`}>
                      <td>
                        <code>
                          {ref.file}:{ref.line}
                        </code>{' '}
                        {ref.alias === undefined ? '' : `as ${ref.alias}`}
                      </td>
                      <td>{ref.layer}</td>
                      <td>
                        {it.repo} {it.branch ?? ''}
                      </td>
                      <td>
                        <code>{it.sha.slice(0, 10)}</code>
                      </td>
                      <td>
                        <TimeAgo at={it.at} />
                      </td>
                    </tr>
                  )),
                )}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Card>
  )
}
