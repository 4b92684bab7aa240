/** The connections of a project, and a new one. */
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { wordOf } from '../form/field.ts'
import { paths } from '../paths.ts'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { ListCard } from '../ui/list-card.tsx'
import { Table } from '../ui/table.tsx'
import { NEW_CONNECTION } from './connection-fields.ts'
import { ConnectionTest } from './connection-test.tsx'
import { CreateCard } from './create-card.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'
import { settingsText } from './settings-text.ts'

type Connection = Answer<'listConnections'>['items'][number]

export function Connections(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useLive('listConnections', { params: { project } })
  const create = useWrite('createConnection')
  const cannot = useCannot('project:write')
  return (
    <SettingsPage title="Connections" actions={<Freshness of={[read]} />}>
      <ListCard
        title="Connections"
        read={read}
        empty={
          <EmptyState
            title="Nothing is connected"
            command="flagmarshal connection create metrics --setting prometheus.url=https://prometheus.example"
          >
            Criteria are counted by the built-in telemetry until a Prometheus is connected; with Alertmanager
            and Grafana beside it, alert rules and dashboards are installed and tried out from here. Jira is
            connected as a channel, the documents&apos; git under Documentation.
          </EmptyState>
        }
      >
        {(items) => <ConnectionTable project={project} items={items} />}
      </ListCard>
      <CreateCard
        title="A new connection"
        says="The server asks these programs by itself; addresses of its own network must be allowed by its operator (FLAGMARSHAL_OUTGOING_ALLOW). Secrets are stored encrypted and never shown again."
        verb="Connect"
        fields={() => NEW_CONNECTION}
        cannot={cannot}
        bodyOf={(fields) => ({ kind: 'prometheus', ...fields })}
        create={(body) =>
          // The form has its fields; the server checks the shape.
          create.mutateAsync([{ params: { project }, body: body as never }]).catch(() => undefined)
        }
        creating={create.isPending}
        error={create.error}
        command={(body) =>
          `flagmarshal connection create ${wordOf(body, 'key', 'metrics')}${settingsText(body['settings']) || ' --setting prometheus.url=…'}`
        }
        request={`POST /api/v1/projects/${project}/connections`}
      />
    </SettingsPage>
  )
}

interface TableProps {
  readonly project: string
  readonly items: readonly Connection[]
}

function ConnectionTable({ project, items }: TableProps): ReactElement {
  return (
    <Table columns={['Connection', 'Environment', 'Programs', 'Does it answer']}>
      {items.map((it) => (
        <tr key={it.key}>
          <td>
            <Link to={paths.connection(project, it.key)}>
              <strong>{it.key}</strong>
            </Link>
          </td>
          <td>{it.environment ?? 'all'}</td>
          <td>
            {Object.entries(it.settings)
              .map(([part, of]) => (of !== undefined && 'url' in of ? `${part} ${of.url}` : part))
              .join(', ')}
          </td>
          <td>
            <ConnectionTest project={project} connection={it.key} />
          </td>
        </tr>
      ))}
    </Table>
  )
}
