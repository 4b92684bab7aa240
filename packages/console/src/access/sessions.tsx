/** The own sessions that are open, and ending them. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { useLive, useWrite } from '../query.ts'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { useSignOut } from './session.ts'

export function Sessions(): ReactElement {
  const read = useLive('listSessions')
  const end = useWrite('endSession')
  const endAll = useWrite('endSessions')
  const signOut = useSignOut()
  const everywhere = async (): Promise<void> => {
    const done = await endAll.mutateAsync([]).catch(() => undefined)
    if (done !== undefined) await signOut()
  }
  return (
    <Card
      title="Sessions"
      beside={
        <Button
          variant="default"
          size="compact-xs"
          loading={endAll.isPending}
          onClick={() => void everywhere()}
        >
          Sign out everywhere
        </Button>
      }
      flush
    >
      <Loaded read={read}>
        {({ items }) => (
          <Table columns={['Browser', 'From', 'Opened', 'Act']}>
            {items.map((it) => (
              <tr key={it.id}>
                <td>{it.browser ?? 'unknown'}</td>
                <td>{it.address ?? 'unknown'}</td>
                <td>
                  <TimeAgo at={it.createdAt} />
                </td>
                <td>
                  {it.own ? (
                    <span className="fm-dim">This one</span>
                  ) : (
                    <Button
                      variant="default"
                      size="compact-xs"
                      aria-label={`End the session ${it.id}`}
                      onClick={() => end.mutate([{ params: { session: it.id } }])}
                    >
                      End it
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Loaded>
    </Card>
  )
}
