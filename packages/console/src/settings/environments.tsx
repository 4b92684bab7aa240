/** Where flags are served, and the keys that applications connect with: made, shown once, replaced, revoked. */
import { Button } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { wordOf } from '../form/field.ts'
import { choice, line } from '../form/make-field.ts'
import { useLive, useRead, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { CreateCard } from './create-card.tsx'
import { EnvironmentLife } from './environment-life.tsx'
import { ReplaceKey, RevokeKey } from './key-acts.tsx'
import type { KeyActProps } from './key-acts.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'
import { ShownOnce } from './shown-once.tsx'

import classes from './settings.module.css'

type Environment = Answer<'getProject'>['environments'][number]
type Key = Answer<'listKeys'>['items'][number]

interface Issued {
  readonly name: string
  readonly environment: string
  readonly key: string
  /** The key that it is to take the place of. */
  readonly replaces?: string
}

export function Environments(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useRead('getProject', { params: { project } })
  const keys = useLive('listKeys', { params: { project } })
  const [issued, setIssued] = useState<Issued>()
  return (
    <SettingsPage title="Environments and keys" actions={<Freshness of={[keys]} />}>
      {issued === undefined ? null : (
        <ShownOnce
          what={`The key ${issued.name} for ${issued.environment}`}
          secret={issued.key}
          close={() => setIssued(undefined)}
        >
          {issued.replaces === undefined
            ? 'An application connects with it: FLAGMARSHAL_SDK_KEY.'
            : `${issued.replaces} goes on working for a week: until then give the new one to every application.`}
        </ShownOnce>
      )}
      <Loaded read={read}>
        {({ environments }) => (
          <Loaded read={keys}>
            {({ items }) => (
              <>
                {environments.map((it) => (
                  <OneEnvironment
                    key={it.key}
                    project={project}
                    environment={it}
                    keys={items.filter((key) => key.environment === it.key)}
                    serverKeys={items.filter((key) => key.kind === 'server').length}
                    issued={setIssued}
                  />
                ))}
                <NewKey project={project} environments={environments} issued={setIssued} />
                <EnvironmentLife project={project} />
              </>
            )}
          </Loaded>
        )}
      </Loaded>
    </SettingsPage>
  )
}

interface OneEnvironmentProps {
  readonly project: string
  readonly environment: Environment
  readonly keys: readonly Key[]
  /** Server keys of the whole project. */
  readonly serverKeys: number
  readonly issued: (it: Issued) => void
}

function OneEnvironment({
  project,
  environment,
  keys,
  serverKeys,
  issued,
}: OneEnvironmentProps): ReactElement {
  const instances = useLive('listInstances', { params: { project, environment: environment.key } })
  const connected = instances.data?.items.filter((it) => it.state === 'connected').length ?? 0
  const [asked, setAsked] = useState<{ readonly act: 'replace' | 'revoke'; readonly of: Key }>()
  const acting = (of: Key): KeyActProps => ({
    project,
    of,
    connected,
    lastServerKey: of.kind === 'server' && serverKeys === 1,
    close: () => setAsked(undefined),
  })
  return (
    <Card
      title={environment.name}
      beside={
        <>
          <code className="fm-dim">{environment.key}</code>{' '}
          <Status
            of={environment.protected ? 'locked' : 'off'}
            word={environment.protected ? 'Protected' : 'Not protected'}
          />{' '}
          <span className="fm-dim">{connected} connected</span>
        </>
      }
      flush
    >
      {keys.length === 0 ? (
        <EmptyState title="No key" command={`flagmarshal key create shop-backend -e ${environment.key}`}>
          Nothing can connect to {environment.key} before it has one.
          {environment.protected
            ? ' It is protected: raising exposure here needs the approved plan of the feature, or an approved draft.'
            : ''}
        </EmptyState>
      ) : (
        <Keys keys={keys} ask={(act, of) => setAsked({ act, of })} />
      )}
      {asked?.act === 'revoke' ? <RevokeKey {...acting(asked.of)} /> : null}
      {asked?.act === 'replace' ? (
        <ReplaceKey
          {...acting(asked.of)}
          issued={(key) =>
            issued({
              name: asked.of.name,
              environment: environment.key,
              key,
              replaces: `The key that was made before, ${asked.of.id},`,
            })
          }
        />
      ) : null}
    </Card>
  )
}

interface KeysProps {
  readonly keys: readonly Key[]
  readonly ask: (act: 'replace' | 'revoke', of: Key) => void
}

function Keys({ keys, ask }: KeysProps): ReactElement {
  const cannot = useCannot('access:write')
  return (
    <Table columns={['Key', 'Kind', 'Made', 'Last used', 'Act']}>
      {keys.map((it) => (
        <tr key={it.id}>
          <td>
            {it.name} <code className="fm-dim">{it.id}</code>
          </td>
          <td>{it.kind === 'server' ? 'server: evaluates in process' : 'web: may only evaluate'}</td>
          <td>
            <TimeAgo at={it.createdAt} />
          </td>
          <td>
            {it.lastUsedAt === null ? 'never' : <TimeAgo at={it.lastUsedAt} />}
            {it.endsAt === null ? null : (
              <>
                {' '}
                · replaced, ends <TimeAgo at={it.endsAt} />
              </>
            )}
          </td>
          <td>
            <div className={classes['acts']}>
              {(['replace', 'revoke'] as const).map((act) => (
                <Button
                  key={act}
                  variant="default"
                  size="compact-xs"
                  disabled={cannot !== undefined}
                  aria-label={`${act === 'replace' ? 'Replace…' : 'Revoke…'} ${it.name} of ${it.environment}, ${it.id}`}
                  onClick={() => ask(act, it)}
                >
                  {act === 'replace' ? 'Replace…' : 'Revoke…'}
                </Button>
              ))}
            </div>
          </td>
        </tr>
      ))}
    </Table>
  )
}

interface NewKeyProps {
  readonly project: string
  readonly environments: readonly Environment[]
  readonly issued: (it: Issued) => void
}

function NewKey({ project, environments, issued }: NewKeyProps): ReactElement {
  const create = useWrite('createKey')
  const cannot = useCannot('access:write')
  return (
    <CreateCard
      title="A new key"
      says="A server key downloads the rules and evaluates in the process; a web key may only have flags evaluated, so it can be given to browsers. An edge key is for an edge, which serves those that have either."
      verb="Make the key"
      fields={() => [
        choice(
          'environment',
          'Environment',
          environments.map((it) => it.key),
        ),
        choice('kind', 'Kind', ['server', 'web', 'edge']),
        line('name', 'What it is for', { help: 'Like shop-backend: the application that connects with it.' }),
      ]}
      begin={{ kind: 'server' }}
      cannot={cannot}
      create={async (body) => {
        // The form has asked for all of it; the server checks the shape.
        const wanted = body as unknown as Pick<Key, 'environment' | 'kind' | 'name'>
        const made = await create.mutateAsync([{ params: { project }, body: wanted }]).catch(() => undefined)
        if (made !== undefined) issued({ name: wanted.name, environment: wanted.environment, key: made.key })
        return made
      }}
      creating={create.isPending}
      error={create.error}
      command={(body) =>
        `flagmarshal key create ${wordOf(body, 'name', 'shop-backend')} -e ${wordOf(body, 'environment', 'production')} --kind ${wordOf(body, 'kind', 'server')}`
      }
      request={`POST /api/v1/projects/${project}/keys`}
    />
  )
}
