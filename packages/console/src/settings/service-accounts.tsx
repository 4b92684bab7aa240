/** Accounts of automations: a name of their own in every record, and as many tokens as they need. */
import type { ReactElement } from 'react'

import { wordOf } from '../form/field.ts'
import { choice, line } from '../form/make-field.ts'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { ListCard } from '../ui/list-card.tsx'
import { Table } from '../ui/table.tsx'
import { AskButton } from './ask-button.tsx'
import { CreateCard } from './create-card.tsx'
import { useCannot } from './may.ts'

type Account = Answer<'listServiceAccounts'>['items'][number]

const FIELDS = [
  line('key', 'Key', { help: 'Like pipeline or review-bot: a-z, 0-9 and -. It stands in every record.' }),
  line('name', 'Name'),
  choice('kind', 'Kind', ['service', 'agent']),
]

export function ServiceAccounts({ project }: { readonly project: string }): ReactElement {
  const read = useLive('listServiceAccounts', { params: { project } })
  const create = useWrite('createServiceAccount')
  const cannot = useCannot('access:write')
  return (
    <>
      <ListCard
        title="Service accounts"
        read={read}
        empty={
          <EmptyState title="No service account" command="flagmarshal service-account create pipeline">
            An account has a name of its own, no password and several tokens. One of the kind agent proposes
            and turns off; it never approves and switches nothing on.
          </EmptyState>
        }
      >
        {(items) => <AccountTable project={project} items={items} />}
      </ListCard>
      <CreateCard
        title="A new account"
        verb="Make the account"
        fields={() => FIELDS}
        begin={{ kind: 'service' }}
        cannot={cannot}
        create={(body) => {
          // The form has asked for all of it; the server checks the shape.
          const wanted = body as unknown as Pick<Account, 'key' | 'name' | 'kind'>
          return create.mutateAsync([{ params: { project }, body: wanted }]).catch(() => undefined)
        }}
        creating={create.isPending}
        error={create.error}
        command={(body) => `flagmarshal service-account create ${wordOf(body, 'key', 'pipeline')}`}
        request={`POST /api/v1/projects/${project}/service-accounts`}
      />
    </>
  )
}

interface TableProps {
  readonly project: string
  readonly items: readonly Account[]
}

function AccountTable({ project, items }: TableProps): ReactElement {
  const remove = useWrite('removeServiceAccount')
  const cannot = useCannot('access:write')
  return (
    <Table columns={['Account', 'Kind', 'Tokens', 'Made by', 'Act']}>
      {items.map((it) => (
        <tr key={it.key}>
          <td>
            {it.name} <code className="fm-dim">{it.key}</code>
          </td>
          <td>{it.kind}</td>
          <td>{it.tokens}</td>
          <td>{it.createdBy}</td>
          <td>
            <AskButton
              word="Remove…"
              of={`the account ${it.key}`}
              cannot={cannot}
              title={`Remove ${it.name}`}
              verb="Remove it"
              act={() => remove.mutateAsync([{ params: { project, account: it.key } }])}
              command={`flagmarshal service-account remove ${it.key}`}
            >
              Its {it.tokens} tokens stop working at once. What it wrote stays, under its name.
            </AskButton>
          </td>
        </tr>
      ))}
    </Table>
  )
}
