/** How the product itself is: what runs, what waits, who is connected, and what was given up. */
import type { ReactElement } from 'react'

import { wordsOf } from '../form/three-way.ts'
import { paths } from '../paths.ts'
import { useLive, useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { ConnectionTest } from '../settings/connection-test.tsx'
import { Deliveries } from '../settings/deliveries.tsx'
import { useProject } from '../shell/project.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { duration, TimeAgo } from '../ui/time-ago.tsx'

type Health = Answer<'showStatus'>

/** A tick that is later than this is worth a word. */
const LATE_MS = 10_000

export function StatusPage(): ReactElement {
  const read = useLive('showStatus')
  const project = useProject()
  return (
    <Page
      title="Status"
      beside={
        read.data === undefined ? undefined : (
          <Status
            of={read.data.ready ? 'pass' : 'fail'}
            word={read.data.ready ? 'It can serve' : 'It cannot serve'}
          />
        )
      }
      actions={<Freshness of={[read]} />}
    >
      <Loaded read={read}>
        {(it) => (
          <>
            <Server health={it} />
            <Fleet fleet={it.fleet} />
            <Channels channels={it.channels} />
          </>
        )}
      </Loaded>
      {project === undefined ? null : (
        <>
          <Deliveries project={project} state="dead" />
          <Connections project={project} />
        </>
      )}
      <CopyCommand command="flagmarshal status" request="GET /api/v1/status" />
    </Page>
  )
}

function Server({ health: it }: { readonly health: Health }): ReactElement {
  const { versions, controller } = it
  const late = controller.overdueMs > LATE_MS
  return (
    <Card title="Server and database" flush>
      <table className="fm-table" aria-label="Server and database">
        <tbody>
          <tr>
            <th scope="row">Versions</th>
            <td>
              Flagmarshal {versions.server} · Node {versions.node} · {versions.database}, migration{' '}
              {versions.migration}
            </td>
          </tr>
          <tr>
            <th scope="row">Database</th>
            <td>answers in {it.databaseMs.toLocaleString('en')} ms</td>
          </tr>
          <tr>
            <th scope="row">Control loop</th>
            <td>
              <Status
                of={late ? 'fail' : 'pass'}
                word={late ? `Late by ${duration(controller.overdueMs)}` : 'On time'}
              />{' '}
              {controller.watched} {controller.watched === 1 ? 'rollout' : 'rollouts'} looked at, last{' '}
              {controller.lastTickAt === null ? 'never' : <TimeAgo at={controller.lastTickAt} />}
            </td>
          </tr>
          {it.parts.map((part) => (
            <tr key={part.name}>
              <th scope="row">{part.name}</th>
              <td>
                <Status of={part.ok ? 'pass' : 'fail'} word={part.ok ? 'Fine' : 'Not well'} />{' '}
                <span className="fm-dim">
                  {Object.entries(part.facts)
                    .map(
                      ([name, value]) =>
                        `${wordsOf(name).toLowerCase()} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
                    )
                    .join(', ')}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function Fleet({ fleet }: { readonly fleet: Health['fleet'] }): ReactElement {
  return (
    <Card title="Connected applications" flush>
      {fleet.length === 0 ? (
        <EmptyState title="There is no environment yet" command="flagmarshal project create shop">
          Each environment of each project is listed here, with the instances that are connected to it.
        </EmptyState>
      ) : (
        <Table
          columns={[
            'Project',
            'Environment',
            { number: 'Revision' },
            { number: 'Connected' },
            'At the revision',
            { number: 'Silent' },
            'SDKs',
          ]}
        >
          {fleet.map((it) => (
            <tr key={`${it.project} ${it.environment}`}>
              <td>{it.project}</td>
              <td>{it.environment}</td>
              <td className="fm-number">{it.revision}</td>
              <td className="fm-number">{it.connected}</td>
              <td>
                {it.connected === 0 ? (
                  <span className="fm-dim">nobody</span>
                ) : it.behind === 0 ? (
                  <Status of="pass" word="All of them" />
                ) : (
                  <Status of="hold" word={`${it.behind} behind`} />
                )}
              </td>
              <td className="fm-number">{it.silent}</td>
              <td>{it.sdks.join(', ')}</td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Channels({ channels }: { readonly channels: Health['channels'] }): ReactElement {
  return (
    <Card title="Signals on their way" flush>
      {channels.length === 0 ? (
        <EmptyState
          title="There is no channel"
          command="flagmarshal channel create ops --kind slack --secret-file address.txt --subscribe '*'"
        >
          What waits and what was given up is counted here for each channel.
        </EmptyState>
      ) : (
        <Table columns={['Channel', 'Kind', 'State', { number: 'Waiting' }, 'Given up']}>
          {channels.map((it) => (
            <tr key={`${it.project} ${it.channel}`}>
              <td>
                <Link to={paths.channel(it.project, it.channel)}>{it.channel}</Link>{' '}
                <span className="fm-dim">{it.project}</span>
              </td>
              <td>{it.kind}</td>
              <td>
                <Status of={it.state} /> {it.disabledBecause ?? ''}
              </td>
              <td className="fm-number">{it.waiting}</td>
              <td>
                <Status
                  of={it.dead === 0 ? 'pass' : 'fail'}
                  word={it.dead === 0 ? 'None' : String(it.dead)}
                />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Connections({ project }: { readonly project: string }): ReactElement | null {
  const read = useRead('listConnections', { params: { project } })
  const items = read.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Card title={`Connections of ${project}`} flush>
      <table className="fm-table">
        <tbody>
          {items.map((it) => (
            <tr key={it.key}>
              <th scope="row">
                <Link to={paths.connection(project, it.key)}>{it.key}</Link>
              </th>
              <td>
                <ConnectionTest project={project} connection={it.key} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
