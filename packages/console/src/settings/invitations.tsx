/** The invitations that nobody has accepted: made, shown once, revoked. */
import { ROLES } from '@flagmarshal/domain/access/permission'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { choices, line, number } from '../form/make-field.ts'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { ListCard } from '../ui/list-card.tsx'
import { Card } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { AskButton } from './ask-button.tsx'
import { CreateCard } from './create-card.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'
import { ShownOnce } from './shown-once.tsx'

type Invitation = Answer<'listInvitations'>['items'][number]

const FIELDS = [
  choices('roles', 'Roles', ROLES),
  line('name', 'Name', { optional: true }),
  line('email', 'E-mail address', { optional: true }),
  number('expiresInHours', 'Hours until it ends', { optional: true, help: '72 unless given; 720 at most.' }),
]

export function Invitations(): ReactElement {
  const cannot = useCannot('access:write')
  return (
    <SettingsPage title="Invitations">
      {cannot === undefined ? (
        <Known />
      ) : (
        <Card title="Invitations">
          <EmptyState title="Administrators invite" command="flagmarshal person invite --role developer">
            An invitation is a link, good once and for a time, by which somebody joins with the roles that it
            names. Who is here already is listed under People and roles.
          </EmptyState>
        </Card>
      )}
    </SettingsPage>
  )
}

function Known(): ReactElement {
  const read = useLive('listInvitations')
  const create = useWrite('createInvitation')
  const [link, setLink] = useState<string>()
  return (
    <>
      <ListCard
        title="Waiting to be accepted"
        beside={<Freshness of={[read]} />}
        read={read}
        empty={
          <EmptyState title="No invitation is open" command="flagmarshal person invitations">
            Every link that was made has been used, has ended or was revoked.
          </EmptyState>
        }
      >
        {(items) => <InvitationTable items={items} />}
      </ListCard>
      <CreateCard
        title="Invite somebody new"
        says="They choose their own id and password. Send the link by a way that only they read."
        verb="Make the link"
        fields={() => FIELDS}
        cannot={undefined}
        create={async (body) => {
          // The form has asked for the roles; the server checks the shape.
          const made = await create
            .mutateAsync([{ body: body as unknown as Pick<Invitation, 'roles'> }])
            .catch(() => undefined)
          if (made !== undefined) setLink(made.link)
          return made
        }}
        creating={create.isPending}
        error={create.error}
        command={(body) =>
          `flagmarshal person invite --role ${Array.isArray(body['roles']) ? body['roles'].join(' ') : 'developer'}`
        }
        request="POST /api/v1/invitations"
      >
        {link === undefined ? null : (
          <ShownOnce what="The link" secret={link} close={() => setLink(undefined)}>
            It is good once. Until somebody has used it, it is listed above and can be revoked.
          </ShownOnce>
        )}
      </CreateCard>
    </>
  )
}

function InvitationTable({ items }: { readonly items: readonly Invitation[] }): ReactElement {
  const revoke = useWrite('revokeInvitation')
  return (
    <Table columns={['For', 'Roles', 'Made by', 'Ends', 'Act']}>
      {items.map((it) => (
        <tr key={it.id}>
          <td>{whoOf(it)}</td>
          <td>{it.roles.join(', ')}</td>
          <td>
            {it.createdBy}, <TimeAgo at={it.createdAt} />
          </td>
          <td>
            <TimeAgo at={it.expiresAt} />
          </td>
          <td>
            <AskButton
              word="Revoke…"
              of={`the invitation for ${whoOf(it)}`}
              cannot={undefined}
              title={`Revoke the invitation for ${whoOf(it)}`}
              verb="Revoke it"
              act={() => revoke.mutateAsync([{ params: { invitation: it.id } }])}
              command={`flagmarshal person uninvite ${it.id}`}
            >
              The link is worth nothing from now on: {whoOf(it)} does not join as {it.roles.join(', ')}.
            </AskButton>
          </td>
        </tr>
      ))}
    </Table>
  )
}

function whoOf({ person, name, email }: Invitation): string {
  return person ?? name ?? email ?? 'somebody new'
}
