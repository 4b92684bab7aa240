/** Systems that may send: events that start runs, alerts, reports; each signed with a secret of its own. */
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { wordOf } from '../form/field.ts'
import { line } from '../form/make-field.ts'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { ListCard } from '../ui/list-card.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { AskButton } from './ask-button.tsx'
import { CreateCard } from './create-card.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'
import { ShownOnce } from './shown-once.tsx'

type Source = Answer<'listInboundSources'>['items'][number]

const FIELDS = [line('key', 'Key', { help: 'Like orchestrator or alertmanager: a-z, 0-9 and -.' })]

export function Senders(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useLive('listInboundSources', { params: { project } })
  const create = useWrite('createInboundSource')
  const cannot = useCannot('project:write')
  const [issued, setIssued] = useState<{ readonly key: string; readonly secret: string }>()
  const base = `${location.origin}/api/v1/projects/${project}/inbound`
  return (
    <SettingsPage title="Systems that send" actions={<Freshness of={[read]} />}>
      <ListCard
        title="Systems"
        read={read}
        empty={
          <EmptyState title="No system may send" command="flagmarshal inbound create orchestrator">
            Another system starts runs by signed CloudEvents, Alertmanager reports its alerts, a help desk its
            complaints. Each gets a secret of its own, so each can be shut out by itself.
          </EmptyState>
        }
      >
        {(items) => <SenderTable project={project} items={items} />}
      </ListCard>
      <CreateCard
        title="Let a system send"
        verb="Let it send"
        fields={() => FIELDS}
        cannot={cannot}
        create={async (body) => {
          const key = wordOf(body, 'key', '')
          const made = await create
            .mutateAsync([{ params: { project }, body: { key } }])
            .catch(() => undefined)
          if (made !== undefined) setIssued(made)
          return made
        }}
        creating={create.isPending}
        error={create.error}
        command={(body) => `flagmarshal inbound create ${wordOf(body, 'key', 'orchestrator')}`}
        request={`POST /api/v1/projects/${project}/inbound`}
      >
        {issued === undefined ? null : (
          <ShownOnce
            what={`The secret of ${issued.key}`}
            secret={issued.secret}
            close={() => setIssued(undefined)}
          >
            Events go to <code>{`${base}/${issued.key}/cloudevents`}</code> and reports to{' '}
            <code>{`${base}/${issued.key}/reports`}</code>, signed with it; Alertmanager posts to{' '}
            <code>{`${base}/${issued.key}/alertmanager`}</code> with it as bearer token.
          </ShownOnce>
        )}
      </CreateCard>
    </SettingsPage>
  )
}

interface TableProps {
  readonly project: string
  readonly items: readonly Source[]
}

function SenderTable({ project, items }: TableProps): ReactElement {
  const remove = useWrite('deleteInboundSource')
  const cannot = useCannot('project:write')
  return (
    <Table columns={['System', 'Since', 'Act']}>
      {items.map((it) => (
        <tr key={it.key}>
          <td>
            <code>{it.key}</code>
          </td>
          <td>
            <TimeAgo at={it.createdAt} />
          </td>
          <td>
            <AskButton
              word="Shut out…"
              of={it.key}
              cannot={cannot}
              title={`Shut ${it.key} out`}
              verb="Accept nothing more from it"
              act={() => remove.mutateAsync([{ params: { project, source: it.key } }])}
              command={`flagmarshal inbound delete ${it.key}`}
            >
              Events, alerts and reports of {it.key} are refused from now on. What it has sent stays, and so
              do the runs that it started.
            </AskButton>
          </td>
        </tr>
      ))}
    </Table>
  )
}
