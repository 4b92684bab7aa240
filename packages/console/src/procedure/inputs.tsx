/** The required inputs: what was given and looked at, what is missing, how to get it and from whom. */
import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import type { Answer } from '../query.ts'
import { useWrite } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { useFeature } from './feature-layout.tsx'
import { inputFields } from './input-fields.ts'
import { Agree, InputForm, Override } from './input-form.tsx'

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
          open.map((it) => <InputRow key={it.id} input={it} run={run} />)
        )}
      </Card>
      {given.length === 0 ? null : (
        <Card title="Given" beside={<span className="fm-dim">{given.length}</span>} flush>
          {given.map((it) => (
            <InputRow key={it.id} input={it} run={run} />
          ))}
        </Card>
      )}
    </>
  )
}

interface InputRowProps {
  readonly input: Input
  readonly run: Answer<'showRun'>
}

function InputRow({ input: it, run }: InputRowProps): ReactElement {
  const missing = it.state !== 'provided'
  const [giving, setGiving] = useState(false)
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
        <Sightings input={it} />
        {missing ? <Remediation input={it} run={run} /> : null}
        {giving ? (
          <InputForm input={it} run={run} close={() => setGiving(false)} />
        ) : inputFields(it.id) === undefined || ['completed', 'aborted'].includes(run.state) ? null : (
          <Group gap={6} mt={6}>
            <Button variant="default" size="compact-xs" onClick={() => setGiving(true)}>
              {it.id === 'P-I8' ? 'Name another way' : it.value === null ? 'Give it' : 'Give it anew'}
            </Button>
            {it.state === 'unknown' ? <Override input={it} run={run} /> : null}
            {missing ? <Agree input={it} run={run} /> : null}
          </Group>
        )}
      </div>
    </div>
  )
}

/** What was seen at its references when they were accepted. */
function Sightings({ input: it }: { readonly input: Input }): ReactElement | null {
  if (it.sightings.length === 0) return null
  return (
    <ul>
      {it.sightings.map((one) => (
        <li key={`${one.place} ${one.of}`} className="fm-dim">
          {one.of}: {one.state}
          {one.note === undefined ? '' : `, ${one.note}`}
          {one.hash === undefined ? null : (
            <>
              {', '}
              <code>{one.hash.slice(0, 12)}</code>
            </>
          )}
          {one.tests === undefined || 'unreadable' in one.tests
            ? ''
            : `, ${one.tests.passed} of ${one.tests.total} tests passed`}
        </li>
      ))}
    </ul>
  )
}

function Remediation({ input: it, run }: InputRowProps): ReactElement {
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
      <CopyCommand
        command={`flagmarshal feature inputs ${run.feature} --set ${it.id} --file ${it.id}.json`}
      />
    </>
  )
}
