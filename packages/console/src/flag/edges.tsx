/** The edges that serve an environment: what each has, how old that is, and how many are behind it. */
import type { ReactElement } from 'react'

import { useLive } from '../query.ts'
import type { Answer } from '../query.ts'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import type { FlagPart } from './flag.tsx'

type Edge = Answer<'listEdges'>['items'][number]

/** Nothing where the environment has none. */
export function Edges({ project, config }: FlagPart): ReactElement | null {
  const { environment, environmentRevision } = config
  const { data } = useLive('listEdges', { params: { project, environment } })
  const edges = (data?.items ?? []).filter((it) => it.state !== 'left')
  if (edges.length === 0) return null
  return (
    <Card title={`Edges in ${environment}`} flush>
      <Table
        columns={[
          'Edge',
          'State',
          'Serves',
          'Instances',
          'Browser streams',
          'Reports waiting',
          'Last heard of',
        ]}
      >
        {edges.map((it) => (
          <tr key={it.edgeId}>
            <td>
              {it.name} <code className="fm-dim">{it.edgeId}</code>
            </td>
            <td>
              <Status of={it.state} />
            </td>
            <td>{servesOf(it, environmentRevision)}</td>
            <td>{it.instances}</td>
            <td>{it.browserStreams}</td>
            <td>
              {it.buffered}
              {it.turnedAway > 0 ? `, ${it.turnedAway} turned away` : ''}
            </td>
            <td>
              <TimeAgo at={it.lastSeenAt} />
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  )
}

/** Of one that is lost nothing newer is known. */
function servesOf({ state, revision }: Edge, stored: number): ReactElement {
  const current = revision >= stored && state === 'connected'
  return current ? (
    <Status of="pass" word={`this (revision ${revision})`} />
  ) : (
    <Status of="held" word={`${state === 'lost' ? 'at least' : 'an older one:'} revision ${revision}`} />
  )
}
