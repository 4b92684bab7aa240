/** Where the organisation signs in, and which of its groups have which roles here. */
import { ROLES } from '@flagmarshal/domain/access/permission'
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import type { Field } from '../form/field.ts'
import { choice, group, line, lines, list, number, secret } from '../form/make-field.ts'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { EditCard } from './edit-card.tsx'
import { useCannot } from './may.ts'
import { RemoveCard } from './remove-card.tsx'
import { SettingsPage } from './settings-page.tsx'

import classes from './settings.module.css'

const optional = { optional: true } as const

const FIELDS: readonly Field[] = [
  group('settings', 'Provider', [
    line('name', 'Name', { help: 'What the sign-in page calls it.' }),
    line('issuer', 'Issuer', { help: 'The address below which /.well-known/openid-configuration is found.' }),
    line('clientId', 'Client', { help: 'What the provider calls this server.' }),
    lines('scopes', 'Scopes beside openid', { ...optional, help: 'One on each line, like groups.' }),
    line('groupsClaim', 'Claim with the groups', {
      ...optional,
      help: 'A name, or a path like realm_access.roles; groups unless given.',
    }),
    {
      ...list(
        'roles',
        'Roles of groups',
        'Add a rule',
        group('rule', 'Rule', [
          line('group', 'Group'),
          choice('role', 'Role', ROLES),
          line('project', 'In this project only', optional),
          line('environment', 'In this environment of it only', optional),
        ]),
      ),
      ...optional,
      help: 'They count from the next sign-in on; what a rule gave falls when it or the group is gone.',
    },
    {
      kind: 'check',
      key: 'addsPeople',
      label: 'Somebody new who has a role is added',
      optional: true,
    },
    {
      kind: 'check',
      key: 'linksByEmail',
      label: 'Somebody known is taken for who shows their verified address',
      help: 'The word of the provider then counts for every account with an address.',
      optional: true,
    },
    number('sessionHours', 'Hours that a session lasts', { ...optional, help: '1 to 168; 12 unless given.' }),
    number('rolesDays', 'Days that roles of groups last without a sign-in', {
      ...optional,
      help: '1 to 90; 7 unless given. It bounds what tokens of somebody who has left can do.',
    }),
  ]),
  secret('secret', 'Secret of the client', {
    ...optional,
    help: 'What is left empty stays as it is; it is never shown. A public client has none.',
  }),
]

/** What a form begins with where nothing is settled. */
const FIRST = {
  scopes: ['profile', 'email'],
  groupsClaim: 'groups',
  addsPeople: true,
  linksByEmail: false,
  sessionHours: 12,
  rolesDays: 7,
}

export function IdentityProvider(): ReactElement {
  const read = useLive('showIdentityProvider')
  return (
    <SettingsPage title="Sign-in" actions={<Freshness of={[read]} />}>
      <Loaded read={read}>{(it) => <Parts provider={it} />}</Loaded>
    </SettingsPage>
  )
}

function Parts({ provider }: { readonly provider: Answer<'showIdentityProvider'> }): ReactElement {
  const write = useWrite('writeIdentityProvider')
  const remove = useWrite('removeIdentityProvider')
  const cannot = useCannot('access:write')
  const { settings, hasSecret, returnAddress, noticeAddress, revision } = provider
  return (
    <>
      <Card title="At the provider">
        {returnAddress === null ? (
          <p>
            <Status of="hold" word="Not possible yet" /> This server does not know its own address: set{' '}
            <code>FLAGMARSHAL_PUBLIC_URL</code> to where people reach it.
          </p>
        ) : (
          <>
            <p>Register a client for the authorization code with PKCE, and this address to return to:</p>
            <p>
              <code>{returnAddress}</code>
            </p>
            <p>If it offers back-channel logout, this one ends the sessions here that ended there:</p>
            <p>
              <code>{noticeAddress}</code>
            </p>
          </>
        )}
        {settings === null ? null : <ProviderCheck />}
      </Card>
      <EditCard
        title="OpenID Connect"
        says={
          settings === null
            ? 'Nothing is settled: people sign in with passwords.'
            : `${hasSecret ? 'A secret is stored.' : 'No secret is stored.'} People with a password still sign in with it.`
        }
        what="the sign-in"
        fields={FIELDS}
        stored={{ settings: settings ?? FIRST }}
        revision={revision}
        cannot={cannot}
        save={(body, ifMatch) =>
          // The form has its fields; the server checks the shape.
          write.mutateAsync([{ body: body as never, ifMatch }]).catch(() => undefined)
        }
        saving={write.isPending}
        error={write.error}
        command={() => 'flagmarshal identity-provider set --secret-file client-secret.txt'}
        request="PUT /api/v1/identity-provider"
      />
      {settings === null ? null : (
        <RemoveCard
          what="the sign-in"
          cannot={cannot}
          command="flagmarshal identity-provider remove"
          request="DELETE /api/v1/identity-provider"
          remove={() => remove.mutateAsync([{}])}
        >
          Nobody signs in at {settings.name} any more. People, roles and open sessions stay; who has no
          password needs a link for one.
        </RemoveCard>
      )}
    </>
  )
}

function ProviderCheck(): ReactElement {
  const test = useWrite('testIdentityProvider')
  const cannot = useCannot('access:write')
  const { data } = test
  return (
    <>
      <Button
        mt="sm"
        variant="default"
        size="compact-sm"
        disabled={cannot !== undefined}
        loading={test.isPending}
        onClick={() => test.mutate([{}])}
      >
        Ask it now
      </Button>
      {test.error === null ? null : <ErrorView error={test.error} />}
      <div role="status">
        {data === undefined || test.isPending ? null : (
          <ul className={classes['probes']}>
            {data.notes.map((it, index) => (
              <li key={it}>
                {index === 0 ? (
                  <Status of={data.state} word={data.state === 'pass' ? 'Answers' : 'Fails'} />
                ) : null}{' '}
                {it}
              </li>
            ))}
            <li className="fm-dim">
              asked <TimeAgo at={data.at} />
            </li>
          </ul>
        )}
      </div>
      <div className={classes['twin']}>
        <CopyCommand
          command="flagmarshal identity-provider test"
          request="POST /api/v1/identity-provider/test"
        />
      </div>
    </>
  )
}
