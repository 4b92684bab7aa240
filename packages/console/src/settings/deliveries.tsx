/** What became of each signal on a channel; what was given up is sent again from here. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
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
    <Card title={state === 'dead' ? `Given up, in ${project}` : 'Deliveries'} flush>
      <Loaded read={read}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={state === 'dead' ? 'Nothing was given up' : 'Nothing was to be delivered'}
              command={`flagmarshal delivery list${options}`}
            >
              {state === 'dead'
                ? 'A signal that was tried ten times, or that cannot be sent as it is, stands here until it is sent again.'
                : 'Each signal that the channel takes is listed here with every attempt and what the other side answered.'}
            </EmptyState>
          ) : (
            <Table project={project} items={items} />
          )
        }
      </Loaded>
    </Card>
  )
}

interface TableProps {
  readonly project: string
  readonly items: readonly Delivery[]
}

function Table({ project, items }: TableProps): ReactElement {
  const replay = useWrite('replayDelivery')
  const cannot = useCannot('project:write')
  return (
    <>
      {replay.error === null ? null : <ErrorView error={replay.error} />}
      <table className="fm-table">
        <thead>
          <tr>
            <th>When</th>
            <th>Signal</th>
            <th>About</th>
            <th>State</th>
            <th>Last answer</th>
            <th>Act</th>
          </tr>
        </thead>
        <tbody>
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
        </tbody>
      </table>
      <div className={classes['pad']}>
        <CopyCommand
          command={`flagmarshal delivery replay ${items[0]?.id ?? '…'}`}
          request={`POST /api/v1/projects/${project}/deliveries/${items[0]?.id ?? '…'}/replay`}
        />
      </div>
    </>
  )
}
