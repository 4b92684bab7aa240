/** Who works here and in which roles; a password or a token for somebody. */
import { ROLES } from '@flagmarshal/domain/access/permission'
import type { Role } from '@flagmarshal/domain/access/permission'
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { wordOf } from '../form/field.ts'
import { choices, line } from '../form/make-field.ts'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { CreateCard } from './create-card.tsx'
import { useCannot } from './may.ts'
import { PersonLife } from './person-life.tsx'
import { PersonRoles } from './person-roles.tsx'
import { SettingsPage } from './settings-page.tsx'
import { ShownOnce } from './shown-once.tsx'

import classes from './settings.module.css'

type Person = Answer<'listPeople'>['items'][number]

/** What somebody is given: a link for a password, or a token. */
interface Gift {
  readonly kind: 'link' | 'token'
  readonly person: Person
}

const FIELDS = [
  line('id', 'Id', { help: 'a-z, 0-9 and -. It stands in every record and never changes.' }),
  line('name', 'Name'),
  line('email', 'E-mail address', { optional: true }),
  choices('roles', 'Roles', ROLES),
]

export function People(): ReactElement {
  const people = useLive('listPeople')
  const create = useWrite('createPerson')
  const cannot = useCannot('access:write')
  const [asked, setAsked] = useState<Gift>()
  const [editing, setEditing] = useState<string>()
  const edited = people.data?.items.find((it) => it.id === editing)
  const [given, setGiven] = useState<Gift & { readonly secret: string }>()
  return (
    <SettingsPage title="People and roles" actions={<Freshness of={[people]} />}>
      <Card title="People" flush>
        <Loaded read={people}>
          {({ items }) => (
            <PeopleTable people={items} cannot={cannot !== undefined} ask={setAsked} edit={setEditing} />
          )}
        </Loaded>
        {given === undefined ? null : (
          <div className={classes['pad']}>
            <ShownOnce
              what={
                given.kind === 'link' ? `The link for ${given.person.id}` : `The token of ${given.person.id}`
              }
              secret={given.secret}
              close={() => setGiven(undefined)}
            >
              {given.kind === 'link'
                ? 'It opens the page on which they choose a password. It is good once, for 72 hours.'
                : 'It has all of their roles and is good for 90 days.'}
            </ShownOnce>
          </div>
        )}
      </Card>
      {edited === undefined ? null : (
        <>
          <PersonRoles key={edited.id} person={edited} cannot={cannot} />
          <PersonLife key={`${edited.id} life`} person={edited} cannot={cannot} />
        </>
      )}
      {asked === undefined ? null : (
        <Give
          gift={asked}
          close={() => setAsked(undefined)}
          given={(secret) => setGiven({ ...asked, secret })}
        />
      )}
      <CreateCard
        title="Somebody new"
        says="They cannot sign in before they have chosen a password: make a link for them afterwards. Approvals need three different people as leads and owner."
        verb="Add them"
        fields={() => FIELDS}
        cannot={cannot}
        create={(body) =>
          // The form has asked for all of it; the server checks the shape.
          create.mutateAsync([{ body: body as unknown as NewPerson }]).catch(() => undefined)
        }
        creating={create.isPending}
        error={create.error}
        command={(body) =>
          `flagmarshal person add ${wordOf(body, 'id', 'ada')} --role ${rolesOf(body['roles'])}`
        }
        request="POST /api/v1/people"
      />
    </SettingsPage>
  )
}

type NewPerson = Pick<Person, 'id' | 'name' | 'roles'>

function rolesOf(roles: unknown): string {
  return Array.isArray(roles) && roles.length > 0 ? roles.join(' ') : 'developer'
}

interface TableProps {
  readonly people: readonly Person[]
  readonly cannot: boolean
  readonly ask: (gift: Gift) => void
  readonly edit: (person: string) => void
}

function PeopleTable({ people, cannot, ask, edit }: TableProps): ReactElement {
  const holders = (role: Role) => people.filter((it) => it.roles.includes(role)).length
  return (
    <>
      <Table columns={['Person', 'E-mail', 'Roles', 'Since', 'Give them']}>
        {people.map((person) => (
          <tr key={person.id}>
            <td>
              <strong>{person.name}</strong> <code className="fm-dim">{person.id}</code>
            </td>
            <td>{person.email ?? ''}</td>
            <td>
              {[...person.roles, ...person.grants.map((it) => `${it.role} in ${it.project}`)].join(', ')}
              {person.disabledAt === null ? '' : ' · disabled'}
            </td>
            <td>
              <TimeAgo at={person.createdAt} />
            </td>
            <td>
              <div className={classes['acts']}>
                <Button
                  variant="default"
                  size="compact-xs"
                  disabled={cannot}
                  aria-label={`Roles… of ${person.id}`}
                  onClick={() => edit(person.id)}
                >
                  Roles…
                </Button>
                {(['link', 'token'] as const).map((kind) => (
                  <Button
                    key={kind}
                    variant="default"
                    size="compact-xs"
                    disabled={cannot}
                    aria-label={`${kind === 'link' ? 'Password link…' : 'Token…'} for ${person.id}`}
                    onClick={() => ask({ kind, person })}
                  >
                    {kind === 'link' ? 'Password link…' : 'Token…'}
                  </Button>
                ))}
              </div>
            </td>
          </tr>
        ))}
      </Table>
      <p className={`fm-dim ${classes['pad'] ?? ''}`}>
        {people.length} people: {ROLES.map((it) => `${holders(it)} ${it.replaceAll('-', ' ')}`).join(', ')}.
      </p>
    </>
  )
}

interface GiveProps {
  readonly gift: Gift
  readonly close: () => void
  readonly given: (secret: string) => void
}

function Give({ gift: { kind, person }, close, given }: GiveProps): ReactElement {
  const invite = useWrite('createInvitation')
  const token = useWrite('createToken')
  const act = async (): Promise<void> => {
    if (kind === 'link') given((await invite.mutateAsync([{ body: { person: person.id } }])).link)
    else {
      const params = { person: person.id }
      given((await token.mutateAsync([{ params, body: { name: 'console' } }])).token)
    }
  }
  return (
    <Confirm
      opened
      close={close}
      title={kind === 'link' ? `A password link for ${person.name}` : `A token of ${person.name}`}
      verb={kind === 'link' ? 'Make the link' : 'Make the token'}
      act={act}
    >
      <p className="fm-sentence">
        {kind === 'link'
          ? `Whoever has the link chooses the password of ${person.id}, once, within 72 hours. The password that there is goes on working until then.`
          : `Whoever has the token acts as ${person.id} in ${person.roles.length} ${person.roles.length === 1 ? 'role' : 'roles'} (${person.roles.join(', ')}), approvals included, for 90 days.`}
      </p>
      <CopyCommand
        command={
          kind === 'link' ? `flagmarshal person invite ${person.id}` : `flagmarshal token create ${person.id}`
        }
        request={kind === 'link' ? 'POST /api/v1/invitations' : `POST /api/v1/people/${person.id}/tokens`}
      />
    </Confirm>
  )
}
