/** What changed in the last two hours, newest first, in every project: where to look when something broke. */
import { useQueries } from '@tanstack/react-query'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { LIVE_MS, reading, useLive } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo, useNow } from '../ui/time-ago.tsx'

const HOURS = 2
const MOST = 200

type Entry = Answer<'listAudit'>['items'][number]

interface Change {
  readonly project: string
  readonly entry: Entry
}

export function Now(): ReactElement {
  const projects = useLive('listProjects')
  const keys = (projects.data?.items ?? []).map((it) => it.key)
  const audits = useQueries({
    queries: keys.map((project) => ({
      ...reading('listAudit', { params: { project }, query: { order: 'newest', limit: String(MOST) } }),
      refetchInterval: LIVE_MS,
    })),
  })
  const since = useNow() - HOURS * 3_600_000
  const changes = keys
    .flatMap((project, index): Change[] =>
      (audits[index]?.data?.items ?? []).map((entry) => ({ project, entry })),
    )
    .filter(({ entry }) => Date.parse(entry.at) >= since)
    .toSorted((a, b) => b.entry.at.localeCompare(a.entry.at))
  return (
    <Page
      title="Now"
      beside={<span className="fm-dim">the last two hours</span>}
      actions={<Freshness of={audits} />}
    >
      <Card title="Changes" flush>
        <Loaded read={projects}>
          {() =>
            changes.length === 0 ? (
              <EmptyState title="Nothing has changed in the last two hours" command="flagmarshal audit list">
                Every act of a person or of the controller would be listed here, newest first.
              </EmptyState>
            ) : (
              <Table columns={['When', 'What', 'On', 'Who', 'Why']}>
                {changes.map(({ project, entry }) => (
                  <tr key={`${project} ${entry.seq}`}>
                    <td>
                      <TimeAgo at={entry.at} />
                    </td>
                    <td>{actionWords(entry.action)}</td>
                    <td>
                      <Subject project={project} subject={entry.subject} />
                    </td>
                    <td>{entry.actor.name}</td>
                    <td>{entry.reason ?? ''}</td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Loaded>
      </Card>
    </Page>
  )
}

function Subject({
  project,
  subject,
}: {
  readonly project: string
  readonly subject: Entry['subject']
}): ReactElement {
  const name = `${subject.kind} ${subject.id}`
  return subject.kind === 'feature' ? (
    <Link to={paths.feature(project, subject.id)}>{name}</Link>
  ) : (
    <>{name}</>
  )
}

/** `flag.configure` → `configure flag`. */
function actionWords(action: string): string {
  const [noun = action, verb] = action.split('.')
  return verb === undefined ? noun : `${verb.replaceAll('-', ' ')} ${noun.replaceAll('-', ' ')}`
}
