/** How the runs of a project are decided: hours, deadlines, deputies, reviewers, contacts. */
import type { Role } from '@flagmarshal/domain/access/permission'
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { fieldsOf, itemsOf } from '../form/field.ts'
import type { Field } from '../form/field.ts'
import { choice, choices, group, line, lines, list, number, text } from '../form/make-field.ts'
import { useLive, useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { quoted } from '../ui/copy-command.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { DRAFTS_FIELD, draftsSent, draftsShown } from './draft-policy.ts'
import { EditCard } from './edit-card.tsx'
import type { Body } from './edit-card.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const optional = { optional: true } as const
/** More people than these are written, not ticked. */
const TICKED = 24

type Person = Answer<'listPeople'>['items'][number]

/** People who are ticked; `may` says who can be. Where they are many, their ids are written. */
// oxlint-disable-next-line max-params -- a field, and from whom
const people = (key: string, label: string, all: readonly Person[], may: (it: Person) => boolean): Field => {
  const ids = all.filter(may).map((it) => it.id)
  if (all.length > TICKED) return lines(key, label, { ...optional, help: 'Ids of people, one on each line.' })
  return choices(key, label, ids, {
    ...optional,
    ...(ids.length === 0 ? { help: 'Nobody holds the role yet.' } : {}),
  })
}

const holds =
  (role: Role) =>
  ({ roles }: Person): boolean =>
    roles.includes(role)
const anybody = (): boolean => true

function fieldsFor(all: readonly Person[]): readonly Field[] {
  return [...HOURS, ...peopleFields(all), ...REST]
}

const HOURS: readonly Field[] = [
  line('zone', 'Time zone', { help: 'Like Europe/Berlin.' }),
  choices('workingDays', 'Working days', DAYS, { help: 'Deadlines are counted in them.' }),
  group(
    'rollouts',
    'When a rollout may start',
    [
      choices('days', 'Days', DAYS),
      line('from', 'From', { help: 'HH:MM, by the clock of the zone.' }),
      line('to', 'To', { help: 'HH:MM; 24:00 is the end of the day.' }),
      {
        ...list(
          'blackouts',
          'Times without a start',
          'Add a time',
          group('time', 'Time', [
            { kind: 'instant', key: 'from', label: 'Begins' },
            { kind: 'instant', key: 'to', label: 'Ends' },
            line('reason', 'Why'),
          ]),
        ),
        ...optional,
      },
    ],
    { help: 'Turning off is never bound to hours.' },
  ),
  number('blockedAfterDays', 'Working days until a run that waits is blocked', {
    help: 'Without an act of anybody; 1 to 30.',
  }),
  number('actionDueDays', 'Working days for what a No-Go asks for', { help: '1 to 30.' }),
  number('remediationDueDays', 'Working days for a missing input', {
    ...optional,
    help: '1 to 90; as each input has it unless given.',
  }),
]

const REST: readonly Field[] = [
  DRAFTS_FIELD,
  {
    ...list(
      'contacts',
      'Mailboxes of teams and stakeholders',
      'Add a mailbox',
      group('contact', 'Mailbox', [line('name', 'Name'), line('mailbox', 'Address')]),
    ),
    ...optional,
    help: 'Names that are no people of this server.',
  },
  group(
    'signatures',
    'What a signature needs',
    [choice('proof', 'Proof', ['sign-in', 'second-factor']), number('minutes', 'Not older than, in minutes')],
    {
      ...optional,
      help: 'Before a Go, an approval, an override and breaking the glass people show anew who they are: by a password or code, or by a code of their second factor only.',
    },
  ),
  group('tooFewPeople', 'There are not enough people', [text('reason', 'Why')], {
    ...optional,
    help: 'With a reason here one person may decide and approve what he wrote, and approve in several roles. Every approval given so says it.',
  }),
]

function peopleFields(all: readonly Person[]): readonly Field[] {
  return [
    group(
      'deputies',
      'Deputies',
      [
        people('technical-lead', 'For the Technical Lead', all, holds('technical-lead')),
        people('operations-lead', 'For the Operations Lead', all, holds('operations-lead')),
        people('product-owner', 'For the Product Owner', all, holds('product-owner')),
      ],
      { ...optional, help: 'They may act in a role beside those that a feature names, and must hold it.' },
    ),
    group(
      'reviewers',
      'Reviewers',
      [
        people('technical', 'Technical', all, anybody),
        people('operations', 'Operations', all, anybody),
        people('business', 'Business', all, anybody),
      ],
      { ...optional, help: 'For a group that is left empty, whoever holds its roles.' },
    ),
    people('experts', 'Flag experts', all, anybody),
  ]
}

export function Policy(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useLive('showPolicy', { params: { project } })
  const known = useRead('listPeople')
  const write = useWrite('writePolicy')
  const cannot = useCannot('project:write')
  return (
    <SettingsPage title="Policy" actions={<Freshness of={[read]} />}>
      <Loaded read={read}>
        {(policy) => (
          <Loaded read={known}>
            {({ items }) => (
              <EditCard
                title="Policy"
                says={
                  policy.changedBy === null
                    ? 'As every project begins.'
                    : `Changed by ${policy.changedBy}. Runs under way are judged by it from the moment that it is saved.`
                }
                what="the policy"
                fields={fieldsFor(items)}
                stored={draftOf(policy)}
                revision={policy.revision}
                cannot={cannot}
                bodyOf={bodyOf}
                save={(body, ifMatch) =>
                  write.mutateAsync([{ params: { project }, body, ifMatch }]).catch(() => undefined)
                }
                saving={write.isPending}
                error={write.error}
                command={(body) => `echo ${quoted(JSON.stringify(body))} | flagmarshal policy write --file -`}
                request={`PUT /api/v1/projects/${project}/policy`}
              />
            )}
          </Loaded>
        )}
      </Loaded>
    </SettingsPage>
  )
}

/** As the form writes it: contacts and drafts as lists. */
function draftOf(policy: Answer<'showPolicy'>): Body {
  const contacts = Object.entries(policy.contacts).map(([name, mailbox]) => ({ name, mailbox }))
  const { revision: _, changedBy: _by, changedAt: _at, ...rest } = policy
  return { ...rest, contacts, drafts: draftsShown(policy.drafts) }
}

/** As the server takes it. */
function bodyOf({ contacts, drafts, ...body }: Body): Body {
  const pairs = itemsOf(contacts).map((it) => [String(fieldsOf(it)['name']), fieldsOf(it)['mailbox']])
  return { ...body, contacts: Object.fromEntries(pairs), drafts: draftsSent(drafts) }
}
