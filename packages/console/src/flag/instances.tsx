/** Which copies of which applications evaluate the flag, and whether they have its latest revision. */
import type { ReactElement } from 'react'

import { useLive } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { duration, TimeAgo } from '../ui/time-ago.tsx'
import type { FlagPart } from './flag.tsx'

type Instance = Answer<'listInstances'>['items'][number]

export function Instances({ project, config }: FlagPart): ReactElement {
  const { environment, environmentRevision, updatedAt } = config
  const read = useLive('listInstances', { params: { project, environment } })
  const used = useLive('listResources', { params: { project, environment }, query: {} })
  const alive = (read.data?.items ?? []).filter((it) => it.state !== 'ended')
  const current = alive.filter((it) => isCurrent(it, environmentRevision))
  return (
    <Card
      title={`Instances in ${environment}`}
      beside={
        <span className="fm-dim">
          {current.length} of {alive.length} serve what is stored here (revision {environmentRevision} of the
          environment)
        </span>
      }
      flush
    >
      <Loaded read={read}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title="No instance has connected"
              command={`flagmarshal instance list -e ${environment}`}
            >
              An application connects with a key of this environment; then it is listed here with the revision
              that it serves.
            </EmptyState>
          ) : (
            <Table
              columns={['Application', 'Layer', 'State', 'Serves', 'Lag', 'Uses', 'SDK', 'Last heard of']}
            >
              {items.map((it) => (
                <tr key={it.instanceId}>
                  <td>
                    {it.description?.application ?? <span className="fm-dim">unknown</span>}{' '}
                    {it.description?.applicationVersion ?? ''} <code className="fm-dim">{it.instanceId}</code>
                  </td>
                  <td>{it.description?.layers.join(', ') ?? ''}</td>
                  <td>
                    <Status of={it.state} />{' '}
                    {it.edge === undefined ? null : <span className="fm-dim">behind {it.edge.name}</span>}
                  </td>
                  <td>
                    {isCurrent(it, environmentRevision) ? (
                      <Status of="pass" word={`this (revision ${it.acknowledgedRevision})`} />
                    ) : (
                      <Status of="held" word={`an older one (${it.acknowledgedRevision ?? 'none'})`} />
                    )}
                  </td>
                  <td>{lagOf(it, environmentRevision, updatedAt)}</td>
                  <td>{usesOf(it, used.data?.items ?? [])}</td>
                  <td>
                    {it.description === undefined
                      ? ''
                      : `${it.description.sdk} ${it.description.sdkVersion}, ${it.description.mode}`}
                  </td>
                  <td>
                    <TimeAgo at={it.lastSeenAt} />
                  </td>
                </tr>
              ))}
            </Table>
          )
        }
      </Loaded>
    </Card>
  )
}

/** CPU, memory and pools of the latest minutes; of an SDK that does not report them nothing is said. */
function usesOf({ instanceId }: Instance, used: Answer<'listResources'>['items']): string {
  return used
    .filter((it) => it.instance === instanceId)
    .filter(({ resource }) => !['heap', 'event-loop-busy'].includes(resource))
    .map(({ resource, unit, latest }) => `${resource} ${amount(latest, unit)}`)
    .join(', ')
}

function amount(value: number, unit: Answer<'listResources'>['items'][number]['unit']): string {
  if (unit === 'bytes') return `${Math.round(value / 1_048_576)} MiB`
  if (unit === 'seconds') return `${Math.round(1000 * value)} ms`
  return unit === 'share' ? `${Math.round(100 * value)} %` : String(Number(value.toPrecision(2)))
}

function isCurrent(it: Instance, revision: number): boolean {
  return (it.acknowledgedRevision ?? -1) >= revision
}

/** How long after the change the instance confirmed it; only known while it has confirmed nothing later. */
function lagOf(it: Instance, revision: number, updatedAt: string): string {
  if (it.acknowledgedRevision !== revision || it.acknowledgedAt === undefined)
    return isCurrent(it, revision) ? '' : 'not yet'
  const ms = Date.parse(it.acknowledgedAt) - Date.parse(updatedAt)
  if (ms < 0) return ''
  return ms < 1_000 ? `${ms} ms` : duration(ms)
}
