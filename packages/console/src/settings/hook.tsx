/** One hook: its definition, of which an edit makes the next version, and trying it out as a live job. */
import { Button } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { lacking, sentFields } from '../form/field.ts'
import { Fields } from '../form/fields.tsx'
import { choice, line } from '../form/make-field.ts'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { HookRunView } from '../rollback/hook-run.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { EditCard } from './edit-card.tsx'
import type { Body } from './edit-card.tsx'
import { NEXT_VERSION } from './hook-fields.ts'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'

import classes from './settings.module.css'

type Hook = Answer<'getHook'>

export function HookPage(): ReactElement {
  const { project = '', hook = '' } = useParams({ strict: false })
  const read = useLive('getHook', { params: { project, hook } })
  return (
    <SettingsPage
      title={hook}
      beside={
        read.data === undefined ? undefined : <span className="fm-dim">version {read.data.revision}</span>
      }
      actions={<Freshness of={[read]} />}
    >
      <Loaded read={read}>
        {(it) => (
          <>
            <TryOut project={project} hook={it} />
            <Definition project={project} hook={it} />
          </>
        )}
      </Loaded>
    </SettingsPage>
  )
}

interface PartProps {
  readonly project: string
  readonly hook: Hook
}

function Definition({ project, hook }: PartProps): ReactElement {
  const change = useWrite('changeHook')
  const cannot = useCannot('project:write')
  const { key, part, title, production, staging, revision, hash, hasSecret, createdBy } = hook
  return (
    <EditCard
      title="Definition"
      says={
        <>
          Version {revision} by {createdBy}, <code>{hash.slice(0, 12)}</code>,{' '}
          {hasSecret ? 'with a secret' : 'without a secret'}. What was approved goes on to run the version
          that it names; the next one needs an approval and a drill of its own.
        </>
      }
      what="the next version"
      fields={NEXT_VERSION}
      stored={{ part, title, production, staging }}
      revision={revision}
      cannot={cannot}
      save={(body, ifMatch) =>
        change
          // The form has its fields; the server checks the shape.
          .mutateAsync([{ params: { project, hook: key }, body: body as never, ifMatch }])
          .catch(() => undefined)
      }
      saving={change.isPending}
      error={change.error}
      command={(body) => `echo ${quoted(JSON.stringify(body))} | flagmarshal hook change ${key} --file -`}
      request={`PUT /api/v1/projects/${project}/hooks/${key}`}
    />
  )
}

const TRY = [
  choice('target', 'Where', ['staging', 'production']),
  line('goBackTo', 'Version to go back to'),
  line('feature', 'Feature', { optional: true, help: 'What {feature} stands for.' }),
]

interface Try {
  readonly target: 'staging' | 'production'
  readonly goBackTo: string
}

function TryOut({ project, hook: { key, production, staging } }: PartProps): ReactElement {
  const runs = useLive('listHookRuns', { params: { project, hook: key } })
  const run = useWrite('runHook')
  const cannot = useCannot('procedure:write')
  const [value, setValue] = useState<Body>({ target: 'action' in staging ? 'staging' : 'production' })
  const [asking, setAsking] = useState(false)
  const ready = cannot === undefined && lacking(TRY, value).length === 0
  // The form has asked for all of it; the server checks the shape.
  const wanted = { target: 'staging', goBackTo: '', ...sentFields(TRY, value) } as Try
  const go = (mode: 'dry-run' | 'run') =>
    run.mutateAsync([{ params: { project, hook: key }, body: { mode, ...wanted } }])
  const command = (mode: string): string =>
    `flagmarshal hook ${mode} ${key} --to ${wanted.goBackTo || '1.4.2'} --target ${wanted.target}`
  return (
    <Card title="Try it out" beside={<Freshness of={[runs]} />}>
      <Fields fields={TRY} value={value} change={setValue} />
      {run.error === null ? null : <ErrorView error={run.error} />}
      <div className={classes['end']}>
        <Button
          disabled={!ready}
          loading={run.isPending}
          onClick={() => void go('dry-run').catch(() => undefined)}
        >
          Dry run on {wanted.target}
        </Button>
        <Button
          variant="default"
          disabled={!ready || wanted.target === 'production'}
          onClick={() => setAsking(true)}
        >
          Really run it on staging…
        </Button>
        <span className="fm-dim">
          {cannot ?? 'In production only a dry run; what is run there belongs to a rollback.'}
        </span>
      </div>
      <div className={classes['twin']}>
        <CopyCommand
          command={command('dry-run')}
          request={`POST /api/v1/projects/${project}/hooks/${key}/runs`}
        />
      </div>
      <Loaded read={runs}>
        {({ items }) => (
          <div aria-live="polite">
            {items.slice(0, 10).map((it) => (
              <HookRunView key={it.id} hook={it} />
            ))}
          </div>
        )}
      </Loaded>
      <Confirm
        opened={asking}
        close={() => setAsking(false)}
        title={`Run ${key} on staging`}
        verb="Run it on staging"
        act={() => go('run')}
      >
        <p className="fm-sentence">
          Staging goes back to {wanted.goBackTo}: {production.action.kind} is asked with the phase run, not
          dry-run, and what shows that it worked is asked until it does.
        </p>
        <CopyCommand command={command('run')} />
      </Confirm>
    </Card>
  )
}
