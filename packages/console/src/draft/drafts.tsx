/** The drafts of a project: changes of protected environments that wait for somebody. */
import { Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { useAddressed } from '../flag/use-addressed.ts'
import { paths } from '../paths.ts'
import { LIVE_MS, reading } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { draftWord } from './save-draft.tsx'
import type { DraftSummary } from './use-drafts.ts'

export function Drafts(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const all = useAddressed('all', 'false')
  const query = all.value === 'true' ? { all: 'true' as const } : {}
  const read = useQuery({
    ...reading('listDrafts', { params: { project }, query }),
    queryKey: ['listDrafts', project, query],
    refetchInterval: LIVE_MS,
  })
  return (
    <Page title="Drafts" actions={<Freshness of={[read]} />}>
      <Card
        title={all.value === 'true' ? 'All drafts' : 'Open drafts'}
        actions={
          <Switch
            label="Those that are over, too"
            checked={all.value === 'true'}
            onChange={(event) => all.go(String(event.currentTarget.checked))}
          />
        }
        flush
      >
        <Loaded read={read}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState
                title="No draft is open"
                command="flagmarshal draft save <flag> -e production --on --why '…'"
              >
                A draft is a change of a protected environment, outside a procedure, that somebody else
                approves. Save one on the page of a flag or segment.
              </EmptyState>
            ) : (
              <DraftTable project={project} items={items} />
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

function DraftTable({
  project,
  items,
}: {
  readonly project: string
  readonly items: readonly DraftSummary[]
}): ReactElement {
  return (
    <Table columns={['Of', 'State', 'Why', 'By', 'Waits for', 'Saved']}>
      {items.map((it) => (
        <tr key={it.id}>
          <td>
            <Link to={paths.draft(project, it.id)}>{it.subject.key}</Link>{' '}
            <span className="fm-dim">
              {it.subject.kind === 'segment' ? 'segment, ' : ''}
              {it.environment}
            </span>
          </td>
          <td>
            <Status of={it.behind ? 'behind' : it.state} word={draftWord(it)} />
          </td>
          <td>{it.why}</td>
          <td>{it.contributors.join(', ')}</td>
          <td>{it.waitsFor.join(', ') || '–'}</td>
          <td>
            <TimeAgo at={it.changedAt} />
          </td>
        </tr>
      ))}
    </Table>
  )
}
