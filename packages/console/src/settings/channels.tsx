/** The channels of a project, and a new one. */
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
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { isChannelKind, newChannelFields } from './channel-fields.ts'
import { CreateCard } from './create-card.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'
import { settingsText } from './settings-text.ts'

type Channel = Answer<'listChannels'>['items'][number]

export function Channels(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useLive('listChannels', { params: { project } })
  const create = useWrite('createChannel')
  const cannot = useCannot('project:write')
  return (
    <SettingsPage title="Channels" actions={<Freshness of={[read]} />}>
      <ListCard
        title="Channels"
        read={read}
        empty={
          <EmptyState
            title="Nobody is told"
            command="flagmarshal channel create ops --kind slack --secret-file address.txt --subscribe 'dev.flagmarshal.rollout.*'"
          >
            A channel brings what happens (flags ready, plan approved, held, rolled back, blocked) to people
            and systems, at least once, in order, signed where the other side can check it.
          </EmptyState>
        }
      >
        {(items) => <ChannelTable project={project} items={items} />}
      </ListCard>
      <CreateCard
        title="A new channel"
        says="Its secret is stored encrypted and never shown again."
        verb="Make the channel"
        fields={({ kind }) => newChannelFields(isChannelKind(kind) ? kind : undefined)}
        cannot={cannot}
        bodyOf={(fields) => ({ settings: {}, ...fields })}
        create={(body) =>
          // The form has the fields of the kind; the server checks the shape.
          create.mutateAsync([{ params: { project }, body: body as never }]).catch(() => undefined)
        }
        creating={create.isPending}
        error={create.error}
        command={(body) =>
          `flagmarshal channel create ${wordOf(body, 'key', 'ops')} --kind ${wordOf(body, 'kind', 'webhook')}${settingsText(body['settings'])} --secret-file secret.txt --subscribe '*'`
        }
        request={`POST /api/v1/projects/${project}/channels`}
      />
    </SettingsPage>
  )
}

interface TableProps {
  readonly project: string
  readonly items: readonly Channel[]
}

function ChannelTable({ project, items }: TableProps): ReactElement {
  return (
    <Table columns={['Channel', 'Kind', 'State', 'Takes']}>
      {items.map((it) => (
        <tr key={it.key}>
          <td>
            <Link to={paths.channel(project, it.key)}>
              <strong>{it.key}</strong>
            </Link>
          </td>
          <td>{it.kind}</td>
          <td>
            <Status of={it.state} /> {it.disabledBecause ?? ''}
          </td>
          <td>{it.subscribes.join(', ')}</td>
        </tr>
      ))}
    </Table>
  )
}
