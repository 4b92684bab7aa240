/** One person over time: name and address, roles in single projects, and leaving. */
import { ROLES } from '@flagmarshal/domain/access/permission'
import { Button, Group, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { AskButton } from './ask-button.tsx'

type Person = Answer<'listPeople'>['items'][number]

interface PersonLifeProps {
  readonly person: Person
  readonly cannot: string | undefined
}

export function PersonLife({ person, cannot }: PersonLifeProps): ReactElement {
  return (
    <Card title={`${person.name}: account`}>
      <Profile person={person} cannot={cannot} />
      <Grants person={person} cannot={cannot} />
      <Leaving person={person} cannot={cannot} />
    </Card>
  )
}

function Profile({ person, cannot }: PersonLifeProps): ReactElement {
  const change = useWrite('changePerson')
  const [name, setName] = useState(person.name)
  const [email, setEmail] = useState(person.email ?? '')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    const body = { name, email: email === '' ? null : email }
    change.mutate([{ params: { person: person.id }, body }])
  }
  return (
    <form onSubmit={submit}>
      <Group align="end" gap="sm">
        <TextInput
          label="Name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="E-mail address"
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={cannot !== undefined} loading={change.isPending}>
          Save name and address
        </Button>
      </Group>
      {change.error === null ? null : <ErrorView error={change.error} />}
    </form>
  )
}

function Grants({ person, cannot }: PersonLifeProps): ReactElement {
  const projects = useRead('listProjects').data?.items ?? []
  const grant = useWrite('grantRole')
  const withdraw = useWrite('withdrawRole')
  const [role, setRole] = useState<Person['roles'][number]>('developer')
  const [project, setProject] = useState<string | null>(null)
  const [environment, setEnvironment] = useState<string | null>(null)
  const params = { person: person.id }
  const environments = projects.find((it) => it.key === project)?.environments ?? []
  const give = (event: FormEvent): void => {
    event.preventDefault()
    if (project === null) return
    const place = environment === null ? { project } : { project, environment }
    grant.mutate([{ params, body: { role, ...place } }])
  }
  return (
    <form onSubmit={give}>
      {person.grants.length === 0 ? null : (
        <ul>
          {person.grants.map((it) => (
            <li key={`${it.role} ${it.project} ${it.environment ?? ''}`}>
              {it.role} in {it.project}
              {it.environment === null ? '' : `, ${it.environment} only`}{' '}
              <Button
                variant="default"
                size="compact-xs"
                disabled={cannot !== undefined}
                aria-label={`Withdraw ${it.role} in ${it.project} ${it.environment ?? ''}`}
                onClick={() => {
                  const { environment: where, ...rest } = it
                  withdraw.mutate([{ params, body: where === null ? rest : { ...rest, environment: where } }])
                }}
              >
                Withdraw
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Group align="end" gap="sm">
        <Select
          label="Role in one project"
          data={ROLES.filter((it) => it !== 'administrator')}
          value={role}
          allowDeselect={false}
          onChange={(value) => setRole(ROLES.find((it) => it === value) ?? 'developer')}
        />
        <Select
          label="Project"
          data={projects.map((it) => it.key)}
          value={project}
          onChange={(value) => {
            setProject(value)
            setEnvironment(null)
          }}
        />
        <Select
          label="In this environment only"
          clearable
          data={environments.map((it) => it.key)}
          value={environment}
          onChange={setEnvironment}
        />
        <Button
          type="submit"
          variant="default"
          disabled={cannot !== undefined || project === null}
          loading={grant.isPending}
        >
          Give the role
        </Button>
      </Group>
      {grant.error === null ? null : <ErrorView error={grant.error} />}
    </form>
  )
}

function Leaving({ person, cannot }: PersonLifeProps): ReactElement {
  const disable = useWrite('disablePerson')
  const enable = useWrite('enablePerson')
  const end = useWrite('endSessionsOf')
  const reset = useWrite('resetSecondFactor')
  const erase = useWrite('erasePerson')
  const it = [{ params: { person: person.id } }] as const
  const of = person.id
  return (
    <Group gap="sm" mt="md">
      {person.disabledAt === null ? (
        <AskButton
          {...{ of, cannot }}
          word="Disable…"
          title={`Let ${person.name} in no more`}
          verb="Disable"
          act={() => disable.mutateAsync([...it])}
          command={`flagmarshal person disable ${of}`}
        >
          Sessions and tokens of {of} stop working at once. What they signed stays.
        </AskButton>
      ) : (
        <Button
          variant="default"
          size="compact-xs"
          disabled={cannot !== undefined}
          onClick={() => enable.mutate([...it])}
        >
          Let in again
        </Button>
      )}
      <AskButton
        {...{ of, cannot }}
        word="End sessions…"
        title={`End the sessions of ${person.name}`}
        verb="End them"
        act={() => end.mutateAsync([...it])}
        command={`flagmarshal person end-sessions ${of}`}
      >
        {of} is signed out everywhere; tokens stay.
      </AskButton>
      <AskButton
        {...{ of, cannot }}
        word="Reset second factor…"
        title={`Take the second factor of ${person.name} away`}
        verb="Reset it"
        act={() => reset.mutateAsync([...it])}
        command={`flagmarshal person reset-second-factor ${of}`}
      >
        For somebody who has lost phone and recovery codes. Their sessions end; make sure that it is they who
        ask.
      </AskButton>
      <AskButton
        {...{ of, cannot }}
        word="Remove…"
        title={`Remove ${person.name} for good`}
        verb="Remove for good"
        act={() => erase.mutateAsync([...it])}
        command={`flagmarshal person erase ${of}`}
      >
        Name, address, password, second factor, roles, tokens and sessions are deleted. The id {of} stays
        where they signed, and the audit keeps what it recorded.
      </AskButton>
    </Group>
  )
}
