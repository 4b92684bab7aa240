/** Every attempt at a step: why it was opened, what was decided, by whom and why, what a No-Go asked for. */
import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { useFeature } from './feature-layout.tsx'

import classes from './feature.module.css'

type Attempt = Answer<'showStep'>['attempts'][number]

export function Attempts({ step }: { readonly step: Answer<'showStep'> }): ReactElement | null {
  if (step.attempts.length === 0) return null
  return (
    <Card
      title="Attempts and decisions"
      beside={<span className="fm-dim">{step.attempts.length}</span>}
      flush
    >
      {step.attempts.toReversed().map((it) => (
        <OneAttempt key={it.number} attempt={it} />
      ))}
    </Card>
  )
}

function OneAttempt({ attempt: it }: { readonly attempt: Attempt }): ReactElement {
  return (
    <div className={classes['attempt']}>
      <div className={classes['actHead']}>
        <strong>Attempt {it.number}</strong>
        <span className="fm-dim">
          {it.because}, opened <TimeAgo at={it.openedAt} />
        </span>
      </div>
      {it.decisions.map((decision) => (
        <div key={`${decision.role} ${decision.at}`}>
          <Status of={decision.decision} /> {decision.by} as {decision.role.replaceAll('-', ' ')},{' '}
          <TimeAgo at={decision.at} />
          <p>{decision.rationale}</p>
          {decision.overrides.map((override) => (
            <p key={override.check} className="fm-dim">
              {override.check} overridden: {override.reason}
            </p>
          ))}
          {decision.proof === null ? null : <p className="fm-dim">Shown by {decision.proof}</p>}
          {decision.relaxed === null ? null : <p className="fm-dim">{decision.relaxed}</p>}
        </div>
      ))}
      {it.failureActions.map((action) => (
        <FailureAction key={action.id} action={action} />
      ))}
    </div>
  )
}

type Action = Attempt['failureActions'][number]

/** What a No-Go asks for: closed with what was done, or with what people who were asked say. */
function FailureAction({ action: it }: { readonly action: Action }): ReactElement {
  const { run } = useFeature()
  const close = useWrite('closeAction')
  const [note, setNote] = useState('')
  const params = { project: run.project, run: run.id, action: it.id }
  return (
    <div className={classes['action']}>
      {it.closed === null ? <Status of="open" word="To do" /> : <Status of="pass" word="Done" />} {it.title}{' '}
      <span className="fm-dim">
        {it.owners.join(', ')}
        {it.asked.length === 0 ? '' : ` · asked: ${it.asked.join(', ')}`}
        {it.inputs.length === 0 ? '' : ` · ${it.inputs.join(', ')} must pass`}
        {it.closed === null ? (
          <>
            {' '}
            · due <TimeAgo at={it.due} />
          </>
        ) : (
          ` · ${it.closed.by}: “${it.closed.note}”`
        )}
      </span>
      {it.closed === null ? (
        <div className={classes['agree']}>
          <TextInput
            label={it.kind === 'consult' ? 'What they say' : 'What was done'}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <Button
            size="xs"
            variant="default"
            disabled={note.trim() === ''}
            loading={close.isPending}
            onClick={() => close.mutate([{ params, body: { note } }])}
          >
            Close it
          </Button>
          <CopyCommand
            command={`flagmarshal feature close-action ${run.feature} ${it.id} --note ${quoted(note)}`}
          />
          {close.error === null ? null : <ErrorView error={close.error} />}
        </div>
      ) : null}
    </div>
  )
}
