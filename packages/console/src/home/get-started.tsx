/**
 * The first steps in a project: connect an SDK, seen live when it does; take a feature through the
 * procedure; look at the demonstration.
 */
import { Button, Select } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useMe } from '../access/session.ts'
import { paths } from '../paths.ts'
import { useLive, useRead, useWrite } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { LoadDemo } from './load-demo.tsx'

import classes from './home.module.css'

export function GetStarted(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  const read = useRead('getProject', { params: { project } })
  const features = useLive('listFeatures', { params: { project } })
  const [first] = features.data?.items ?? []
  return (
    <Page title="Get started" crumbs={read.data?.name}>
      <div className={classes['ways']}>
        <Card title="1 · Connect an application">
          <Loaded read={read}>
            {({ environments }) => <Connect project={project} environments={environments} />}
          </Loaded>
        </Card>
        <Card title="2 · Take a feature through the procedure">
          <div className={classes['way']}>
            <p className="fm-dim">
              Seven steps from strategy to three approvals. What is missing is named with its owner, and
              nothing reaches production before.
            </p>
            {first === undefined ? (
              <>
                <CopyCommand
                  command={`flagmarshal flag create new-checkout --owner payments --layer backend`}
                />
                <Link to={paths.register(project)}>Register a feature</Link>
                <CopyCommand command="flagmarshal feature new checkout --team payments --flag new-checkout --layer backend --technical-lead … --operations-lead … --product-owner …" />
                <CopyCommand command="flagmarshal feature start checkout --trigger feature_ready=ready" />
              </>
            ) : (
              <Link to={paths.feature(project, first.key)}>Go on with {first.name}</Link>
            )}
          </div>
        </Card>
        <Card title="3 · See a whole run">
          <div className={classes['way']}>
            <p className="fm-dim">
              The demonstration: a shop under real traffic, one feature rolled out to everybody, one rolled
              back by the system. It plays here, in a project of its own.
            </p>
            <LoadDemo />
          </div>
        </Card>
      </div>
    </Page>
  )
}

interface ConnectProps {
  readonly project: string
  readonly environments: readonly { readonly key: string; readonly name: string }[]
}

function Connect({ project, environments }: ConnectProps): ReactElement {
  const me = useMe()
  const [environment, setEnvironment] = useState(environments[0]?.key ?? '')
  const create = useWrite('createKey')
  const may = me?.permissions.includes('access:write') ?? false
  const key = create.data?.key
  const params = { project }
  return (
    <div className={classes['way']}>
      <Select
        label="Environment"
        data={environments.map((it) => ({ value: it.key, label: it.name }))}
        value={environment}
        onChange={(it) => {
          setEnvironment(it ?? '')
          create.reset()
        }}
      />
      {key === undefined ? (
        <>
          <Button
            variant="default"
            disabled={!may}
            loading={create.isPending}
            onClick={() =>
              create.mutate([{ params, body: { kind: 'server', environment, name: 'first application' } }])
            }
          >
            Make a key for a server
          </Button>
          <CopyCommand command={`flagmarshal key create first-application -e ${environment}`} />
          {may ? null : <p className="fm-dim">Keys are made by administrators.</p>}
        </>
      ) : (
        <div className={classes['key']}>
          <p className="fm-dim">The key is shown once. Then run the smallest application:</p>
          <CopyCommand
            command={`FLAGMARSHAL_URL=${location.origin} FLAGMARSHAL_SDK_KEY=${key} npx node examples/connect/src/main.ts`}
          />
        </div>
      )}
      {create.error === null ? null : <ErrorView error={create.error} />}
      <Connected project={project} environment={environment} />
    </div>
  )
}

function Connected({
  project,
  environment,
}: {
  readonly project: string
  readonly environment: string
}): ReactElement {
  const instances = useLive('listInstances', { params: { project, environment } })
  return (
    <div role="status">
      <Loaded read={instances}>
        {({ items }) => {
          const [first] = items.filter((it) => it.state === 'connected')
          return first === undefined ? (
            <Status of="observing" word="Waiting for the first instance to connect" />
          ) : (
            <span>
              <Status
                of="connected"
                word={`${items.length === 1 ? 'One instance has' : `${items.length} instances have`} connected`}
              />{' '}
              <span className="fm-dim">
                {first.description?.application ?? first.instanceId}, seen <TimeAgo at={first.lastSeenAt} />
              </span>
            </span>
          )
        }}
      </Loaded>
    </div>
  )
}
