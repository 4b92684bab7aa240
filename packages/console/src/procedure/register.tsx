/** Registering a feature: who owns it, which flag it is behind, and three different people who approve. */
import { Button } from '@mantine/core'
import { useParams, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { fieldsOf, itemsOf, lacking, sentFields, wordOf } from '../form/field.ts'
import type { Field } from '../form/field.ts'
import { Fields } from '../form/fields.tsx'
import { choice, choices, group, line, lines, text } from '../form/make-field.ts'
import { paths } from '../paths.ts'
import { useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { useCannot } from '../settings/may.ts'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { Status } from '../ui/status.tsx'

import classes from './feature.module.css'

type Person = Answer<'listPeople'>['items'][number]
type Body = Readonly<Record<string, unknown>>

/** The approving roles as a feature names them, and as people hold them. */
const ROLES = [
  ['technicalLead', 'technical-lead', 'Technical Lead'],
  ['operationsLead', 'operations-lead', 'Operations Lead'],
  ['productOwner', 'product-owner', 'Product Owner'],
] as const

export function Register(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const flags = useRead('listFlags', { params: { project } })
  const features = useRead('listFeatures', { params: { project } })
  const people = useRead('listPeople')
  const taken = new Set(features.data?.items.map((it) => it.flag))
  return (
    <Page title="Register a feature" crumbs={<Link to={paths.features(project)}>Features</Link>}>
      <Loaded read={flags}>
        {({ items }) => {
          const free = items.map((it) => it.key).filter((it) => !taken.has(it))
          return free.length === 0 ? (
            <Card title="First a flag">
              <EmptyState
                title={items.length === 0 ? 'The project has no flag' : 'Every flag has its feature'}
                command="flagmarshal flag create new-checkout --owner payments --layer backend"
              >
                A feature stands behind a flag of its own that is off everywhere. Make the flag first; it is
                off when it is made.
              </EmptyState>
            </Card>
          ) : (
            <Loaded read={people}>
              {(known) => <Form project={project} flags={free} people={known.items} />}
            </Loaded>
          )
        }}
      </Loaded>
    </Page>
  )
}

interface FormProps {
  readonly project: string
  readonly flags: readonly string[]
  readonly people: readonly Person[]
}

function fieldsFor({ flags, people }: FormProps): readonly Field[] {
  const holders = (role: string) =>
    people.filter((it) => it.roles.some((one) => one === role)).map((it) => it.id)
  return [
    line('key', 'Key', { help: 'a-z, 0-9 and -. It stands in addresses and never changes.' }),
    line('name', 'Name'),
    line('team', 'Owning team'),
    choice('flag', 'Flag', flags, { help: 'The feature is behind it; one feature for each flag.' }),
    choices('layers', 'Layers', ['backend', 'frontend', 'middleware']),
    {
      kind: 'either',
      key: 'ticket',
      label: 'Ticket',
      help: 'Looked up where Jira is connected.',
      options: [
        {
          label: 'a ticket',
          begin: { key: '' },
          fields: [line('key', 'Ticket key'), line('url', 'Its address')],
        },
        { label: 'none', begin: { none: '' }, fields: [text('none', 'Why there is none')] },
      ],
    },
    group(
      'roles',
      'Who approves',
      ROLES.map(([key, role, label]) =>
        choices(key, label, holders(role), {
          help:
            holders(role).length === 0
              ? 'Nobody holds this role yet: an administrator adds somebody under People and roles.'
              : 'Whoever of them approves; at least one.',
        }),
      ),
      { help: 'Three different people at least, one for each role.' },
    ),
    lines('stakeholders', 'Stakeholders', {
      optional: true,
      help: 'People to consult and to tell, one on each line.',
    }),
  ]
}

function Form(props: FormProps): ReactElement {
  const { project } = props
  const router = useRouter()
  const create = useWrite('createFeature')
  const cannot = useCannot('procedure:write')
  const [value, setValue] = useState<Body>({ layers: ['backend'], ticket: { key: '' } })
  const fields = fieldsFor(props)
  const lacks = [...lacking(fields, value), ...alike(value)]
  const body = sentFields(fields, value) ?? {}
  const save = async (): Promise<void> => {
    const made = await create
      // The form has its fields; the server checks the shape.
      .mutateAsync([{ params: { project }, body: body as never }])
      .catch(() => undefined)
    if (made !== undefined) router.history.push(paths.feature(project, made.key))
  }
  return (
    <Card title="The feature">
      <Sentence>
        A feature is what the procedure takes from strategy to everybody. Nothing changes for anybody when it
        is registered; its run begins with what sets it off.
      </Sentence>
      <div className={classes['twin']}>
        <Fields fields={fields} value={value} change={setValue} />
      </div>
      <div role="status" aria-label="Live check">
        {lacks.length === 0 ? (
          <Status of="pass" word="Nothing is lacking" />
        ) : (
          <>
            <Status of="hold" word="Still needed" /> {lacks.join(' · ')}
          </>
        )}
      </div>
      {create.error === null ? null : <ErrorView error={create.error} />}
      <div className={classes['twin']}>
        <Button
          disabled={cannot !== undefined || lacks.length > 0}
          loading={create.isPending}
          onClick={() => void save()}
        >
          Register it
        </Button>{' '}
        <span className="fm-dim">{cannot ?? ''}</span>
      </div>
      <div className={classes['twin']}>
        <CopyCommand
          command={commandOf(body)}
          request={`POST /api/v1/projects/${project}/features ${JSON.stringify(body)}`}
        />
      </div>
    </Card>
  )
}

/** P-T3: three different people at least. */
function alike(value: Body): readonly string[] {
  const roles = fieldsOf(value['roles'])
  const chosen = ROLES.map(([key]) => itemsOf(roles[key]))
  const people = new Set(chosen.flat())
  return chosen.every((it) => it.length > 0) && people.size < ROLES.length
    ? [`three different people: only ${people.size} so far`]
    : []
}

function commandOf(body: Body): string {
  const word = (name: string, empty: string) => quoted(wordOf(body, name, empty))
  const [roles, ticket] = [fieldsOf(body['roles']), fieldsOf(body['ticket'])]
  const some = (value: unknown, empty: string) => itemsOf(value).map(String).join(' ') || empty
  const why =
    'none' in ticket
      ? `--no-ticket ${quoted(wordOf(ticket, 'none', '…'))}`
      : `--ticket ${wordOf(ticket, 'key', 'SHOP-1')}=${wordOf(ticket, 'url', 'https://…')}`
  return [
    `flagmarshal feature new ${word('key', 'checkout')} --team ${word('team', 'payments')} --flag ${word('flag', 'new-checkout')}`,
    `--layer ${some(body['layers'], 'backend')}`,
    `--technical-lead ${some(roles['technicalLead'], '…')}`,
    `--operations-lead ${some(roles['operationsLead'], '…')}`,
    `--product-owner ${some(roles['productOwner'], '…')}`,
    why,
  ].join(' ')
}
