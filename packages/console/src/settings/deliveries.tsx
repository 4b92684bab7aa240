/** What became of each signal on a channel; what was given up is sent again from here. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { ListCard } from '../ui/list-card.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { useCannot } from './may.ts'

import classes from './settings.module.css'

type Delivery = Answer<'listDeliveries'>['items'][number]
type State = Delivery['state']

interface DeliveriesProps {
  readonly project: string
  /** Only of this channel. */
  readonly channel?: string
  /** Only those that stand so. */
  readonly state?: State
}

/** The newest, as the server lists them. */
export function Deliveries({ project, channel, state }: DeliveriesProps): ReactElement {
  const query = {
    ...(channel === undefined ? {} : { channel }),
    ...(state === undefined ? {} : { state }),
    limit: '50',
  }
  const read = useLive('listDeliveries', { params: { project }, query })
  const options = Object.entries({ channel, state })
    .flatMap(([name, value]) => (value === undefined ? [] : [` --${name} ${value}`]))
    .join('')
  return (
    <ListCard
      title={state === 'dead' ? `Given up, in ${project}` : 'Deliveries'}
      read={read}
      empty={
        <EmptyState
          title={state === 'dead' ? 'Nothing was given up' : 'Nothing was to be delivered'}
          command={`flagmarshal delivery list${options}`}
        >
          {state === 'dead'
            ? 'A signal that was tried ten times, or that cannot be sent as it is, stands here until it is sent again.'
            : 'Each signal that the channel takes is listed here with every attempt and what the other side answered.'}
        </EmptyState>
      }
    >
      {(items) => <DeliveryTable project={project} items={items} />}
    </ListCard>
  )
}

interface TableProps {
  readonly project: string
  readonly items: readonly Delivery[]
}

function DeliveryTable({ project, items }: TableProps): ReactElement {
  const replay = useWrite('replayDelivery')
  const cannot = useCannot('project:write')
  return (
    <>
      {replay.error === null ? null : <ErrorView error={replay.error} />}
      <Table columns={['When', 'Signal', 'About', 'State', 'Last answer', 'Act']}>
        {items.map((it) => {
          const last = it.log.at(-1)
          return (
            <tr key={it.id}>
              <td>
                <TimeAgo at={it.signal.time} />
              </td>
              <td>{it.signal.type.replace('dev.flagmarshal.', '')}</td>
              <td>{it.signal.subject}</td>
              <td>
                <Status of={it.state} />{' '}
                <span className="fm-dim">
                  {it.channel}, {it.attempts} {it.attempts === 1 ? 'attempt' : 'attempts'}
                </span>
              </td>
              <td>
                {last === undefined ? '' : (last.why ?? `${last.outcome} in ${Math.round(last.ms)} ms`)}
              </td>
              <td>
                <Button
                  variant="default"
                  size="compact-xs"
                  disabled={cannot !== undefined || it.state === 'waiting'}
                  loading={replay.isPending && replay.variables[0].params.delivery === it.id}
                  aria-label={`Send again: ${it.signal.type} about ${it.signal.subject}, ${it.id}`}
                  onClick={() => replay.mutate([{ params: { project, delivery: it.id } }])}
                >
                  Send again
                </Button>
              </td>
            </tr>
          )
        })}
      </Table>
      <div className={classes['pad']}>
        <CopyCommand
          command={`flagmarshal delivery replay ${items[0]?.id ?? '…'}`}
          request={`POST /api/v1/projects/${project}/deliveries/${items[0]?.id ?? '…'}/replay`}
        />
      </div>
    </>
  )
}
