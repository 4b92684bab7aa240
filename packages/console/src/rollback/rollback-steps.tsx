/** The seven steps of a rollback: each done, or not applicable with the reason. */
import { Button, Group, SegmentedControl, TextInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

import classes from '../procedure/feature.module.css'

type Rollback = Answer<'showRollback'>
type Step = Rollback['steps'][number]

export function RollbackSteps({ run }: { readonly run: Rollback }): ReactElement {
  const done = run.steps.filter((it) => it.by !== null).length
  return (
    <Card title="Steps" beside={<span className="fm-dim">{`${done} of ${run.steps.length}`}</span>} flush>
      {run.steps.map((it) => (
        <StepRow key={it.number} step={it} run={run} />
      ))}
    </Card>
  )
}

interface StepProps {
  readonly step: Step
  readonly run: Rollback
}

function StepRow({ step: it, run }: StepProps): ReactElement {
  const { note, reference } = it.output
  return (
    <div className={classes['check']} aria-current={run.step === it.number ? 'step' : undefined}>
      <div>
        <Status of={it.state} />
      </div>
      <div>
        <strong>
          {it.number} · {it.title}
        </strong>{' '}
        <span className="fm-dim">
          {it.by ?? it.purpose}
          {it.at === null ? null : (
            <>
              , <TimeAgo at={it.at} />
            </>
          )}
        </span>
        {typeof note === 'string' ? <div>{note}</div> : null}
        {typeof reference === 'string' ? <div className="fm-dim">{reference}</div> : null}
        {it.checks.map((check) => (
          <div key={check.id}>
            <Status of={check.state} word={check.id} /> {check.findings.join('; ')}
          </div>
        ))}
        {run.step === it.number ? <DoStep key={it.number} step={it} run={run} /> : null}
      </div>
    </div>
  )
}

const EMPTY = { note: '', reference: '', owner: '', due: '', ticket: '', override: '' }

function DoStep({ step, run }: StepProps): ReactElement {
  const act = useWrite('doRollbackStep')
  const [outcome, setOutcome] = useState<'done' | 'not_applicable'>('done')
  const [text, setText] = useState(EMPTY)
  const set = (name: keyof typeof EMPTY) => (event: { readonly currentTarget: { readonly value: string } }) =>
    setText({ ...text, [name]: event.currentTarget.value })
  const reporting = step.id === 'report' && outcome === 'done'
  const refused = step.checks.some((it) => it.state !== 'pass')
  const body = bodyOf(outcome, text, reporting)
  const params = { project: run.project, rollback: run.id, step: String(step.number) }
  const whole = text.note.trim() !== '' && (!reporting || (text.owner.trim() !== '' && text.due !== ''))
  const flag = outcome === 'done' ? '--done' : '--not-applicable'
  return (
    <>
      <Group my="xs">
        <SegmentedControl
          size="xs"
          aria-label={`Outcome of step ${step.number}`}
          data={[
            { value: 'done', label: 'Done' },
            { value: 'not_applicable', label: 'Does not apply' },
          ]}
          value={outcome}
          onChange={(it) => setOutcome(it === 'done' ? 'done' : 'not_applicable')}
        />
      </Group>
      <div className={classes['grid']}>
        <Textarea
          label={outcome === 'done' ? 'What was done or found' : 'Why it does not apply'}
          className={classes['wide'] ?? ''}
          value={text.note}
          onChange={set('note')}
        />
        {outcome === 'done' ? (
          <TextInput label="Where that can be read" value={text.reference} onChange={set('reference')} />
        ) : null}
        {reporting ? (
          <>
            <TextInput label="Who follows the cause up" value={text.owner} onChange={set('owner')} />
            <TextInput label="Until" type="date" value={text.due} onChange={set('due')} />
            <TextInput label="Ticket" value={text.ticket} onChange={set('ticket')} />
          </>
        ) : null}
        {refused && outcome === 'done' ? (
          <TextInput
            label="Why a failed check is accepted"
            description="Only where one fails; it is shown with the step."
            value={text.override}
            onChange={set('override')}
          />
        ) : null}
      </div>
      {act.error === null ? null : <ErrorView error={act.error} />}
      <Group my="xs">
        <Button disabled={!whole} loading={act.isPending} onClick={() => act.mutate([{ params, body }])}>
          Finish step {step.number}
        </Button>
      </Group>
      <CopyCommand
        command={`flagmarshal rollback step ${run.id} ${step.number} ${flag} "…"`}
        request={`POST /api/v1/projects/${run.project}/rollbacks/${run.id}/steps/${step.number}`}
      />
    </>
  )
}

function bodyOf(outcome: 'done' | 'not_applicable', text: typeof EMPTY, reporting: boolean) {
  const { note, reference, owner, due, ticket, override } = text
  return {
    outcome,
    note,
    ...(reference.trim() === '' ? {} : { reference }),
    ...(override.trim() === '' ? {} : { override }),
    ...(reporting ? { followUp: { owner, due, ...(ticket.trim() === '' ? {} : { ticket }) } } : {}),
  }
}
