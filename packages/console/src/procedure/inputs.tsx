/** The required inputs: what was given and looked at, what is missing, how to get it and from whom. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import type { Answer } from '../query.ts'
import { useWrite } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { useFeature } from './feature-layout.tsx'

import classes from './feature.module.css'

type Input = Answer<'showRun'>['inputs'][number]

export function Inputs(): ReactElement {
  const { run } = useFeature()
  const look = useWrite('checkInputs')
  const open = run.inputs.filter((it) => it.state !== 'provided')
  const given = run.inputs.filter((it) => it.state === 'provided')
  const params = { project: run.project, run: run.id }
  return (
    <>
      <Card
        title="Missing or failing"
        beside={<span className="fm-dim">{open.length}</span>}
        actions={
          <Button
            variant="default"
            size="xs"
            loading={look.isPending}
            onClick={() => look.mutate([{ params }])}
          >
            Look at all references now
          </Button>
        }
        flush
      >
        {look.error === null ? null : <ErrorView error={look.error} />}
        {open.length === 0 ? (
          <p className={classes['act']}>Every required input is there.</p>
        ) : (
          open.map((it) => <InputRow key={it.id} input={it} feature={run.feature} />)
        )}
      </Card>
      {given.length === 0 ? null : (
        <Card title="Given" beside={<span className="fm-dim">{given.length}</span>} flush>
          {given.map((it) => (
            <InputRow key={it.id} input={it} feature={run.feature} />
          ))}
        </Card>
      )}
    </>
  )
}

function InputRow({ input: it, feature }: { readonly input: Input; readonly feature: string }): ReactElement {
  const missing = it.state !== 'provided'
  return (
    <div className={classes['input']}>
      <div>
        <Status
          of={it.checked === 'overridden' ? 'overridden' : it.checked === 'attested' ? 'attested' : it.state}
        />
        <div className={classes['why']}>{it.id}</div>
      </div>
      <div>
        <strong>{it.title}</strong>{' '}
        <span className="fm-dim">
          {it.by === null ? '' : `${it.by}, `}
          {it.at === null ? '' : <TimeAgo at={it.at} />}
        </span>
        {it.findings.length === 0 ? null : (
          <ul>
            {it.findings.map((finding) => (
              <li key={finding}>{finding}</li>
            ))}
          </ul>
        )}
        {it.attestation === null ? null : (
          <p className="fm-dim">
            “{it.attestation.statement}” ({it.attestation.reference})
          </p>
        )}
        {it.override === null ? null : (
          <p className="fm-dim">
            Accepted by {it.override.by}: {it.override.reason}
          </p>
        )}
        {missing ? <Remediation input={it} feature={feature} /> : null}
      </div>
    </div>
  )
}

function Remediation({
  input: it,
  feature,
}: {
  readonly input: Input
  readonly feature: string
}): ReactElement {
  return (
    <>
      <p>
        {it.remediation.path}{' '}
        <span className="fm-dim">
          {it.remediation.owners.length === 0 ? 'Nobody is named for it' : it.remediation.owners.join(', ')}
          {it.remediation.dueAt === null ? (
            ''
          ) : (
            <>
              , due <TimeAgo at={it.remediation.dueAt} />
            </>
          )}
          {it.usedBy.length === 0 ? ' · needed before step 1' : ` · needed by step ${it.usedBy.join(', ')}`}
        </span>
      </p>
      <CopyCommand command={`flagmarshal feature inputs ${feature} --set ${it.id} --file ${it.id}.json`} />
    </>
  )
}
