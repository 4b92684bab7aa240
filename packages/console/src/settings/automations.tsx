/** Tokens of automations: they do the work of a run, may turn off, and never decide or approve. */
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { wordOf } from '../form/field.ts'
import { choice, line, number } from '../form/make-field.ts'
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
import { ServiceAccounts } from './service-accounts.tsx'
import { SettingsPage } from './settings-page.tsx'
import { ShownOnce } from './shown-once.tsx'

type Token = Answer<'listServiceTokens'>['items'][number]

const FIELDS = [
  line('name', 'Automation', { help: 'What it is for, like the pipeline of the shop.' }),
  line('account', 'Service account', { optional: true, help: 'The account that acts with it, from above.' }),
  choice('kind', 'Kind', ['service', 'agent']),
  line('environment', 'Environment', { optional: true, help: 'It writes in this one only.' }),
  number('expiresInDays', 'Days until it ends', { optional: true, help: '90 unless given; 365 at most.' }),
]

export function Automations(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useLive('listServiceTokens', { params: { project } })
  const create = useWrite('createServiceToken')
  const cannot = useCannot('access:write')
  const [token, setToken] = useState<string>()
  return (
    <SettingsPage title="Automations" actions={<Freshness of={[read]} />}>
      <ServiceAccounts project={project} />
      <ListCard
        title="Tokens"
        read={read}
        empty={
          <EmptyState title="No automation has a token" command="flagmarshal token automation pipeline">
            A pipeline gives inputs, runs checks, writes steps and turns off with a token of its own. It never
            decides and never approves, and nothing that it writes is anybody&apos;s own work.
          </EmptyState>
        }
      >
        {(items) => <TokenTable project={project} items={items} />}
      </ListCard>
      <CreateCard
        title="A new token"
        verb="Make the token"
        fields={() => FIELDS}
        begin={{ kind: 'service' }}
        cannot={cannot}
        create={async (body) => {
          // The form has asked for the name; the server checks the shape.
          const wanted = body as unknown as Pick<Token, 'name'>
          const made = await create
            .mutateAsync([{ params: { project }, body: wanted }])
            .catch(() => undefined)
          if (made !== undefined) setToken(made.token)
          return made
        }}
        creating={create.isPending}
        error={create.error}
        command={(body) => `flagmarshal token automation '${wordOf(body, 'name', 'pipeline')}'`}
        request={`POST /api/v1/projects/${project}/service-tokens`}
      >
        {token === undefined ? null : (
          <ShownOnce what="The token" secret={token} close={() => setToken(undefined)}>
            The automation sends it as FLAGMARSHAL_TOKEN or as a bearer token.
          </ShownOnce>
        )}
      </CreateCard>
    </SettingsPage>
  )
}

interface TableProps {
  readonly project: string
  readonly items: readonly Token[]
}

function TokenTable({ project, items }: TableProps): ReactElement {
  const revoke = useWrite('revokeServiceToken')
  const cannot = useCannot('access:write')
  return (
    <Table columns={['Automation', 'Made', 'Last used', 'Ends', 'Act']}>
      {items.map((it) => (
        <tr key={it.id}>
          <td>
            {it.name} <code className="fm-dim">{it.account ?? it.id}</code>{' '}
            <span className="fm-dim">
              {[it.kind, it.environment].filter((word) => word !== null).join(', ')}
            </span>
          </td>
          <td>
            <TimeAgo at={it.createdAt} />
          </td>
          <td>{it.lastUsedAt === null ? 'never' : <TimeAgo at={it.lastUsedAt} />}</td>
          <td>
            <TimeAgo at={it.expiresAt} />
          </td>
          <td>
            <AskButton
              word="Revoke…"
              of={`the token of ${it.name}, ${it.id}`}
              cannot={cannot}
              title={`Revoke the token of ${it.name}`}
              verb="Revoke it"
              act={() => revoke.mutateAsync([{ params: { project, token: it.id } }])}
              command={`flagmarshal token revoke ${it.id} --automation`}
            >
              {it.name} is refused from the next request on. What it has written stays, under its name.
            </AskButton>
          </td>
        </tr>
      ))}
    </Table>
  )
}
