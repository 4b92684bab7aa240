/** One step: what it is for, its output (form or as it stands), its checks, the decision, its attempts. */
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { StepExercises } from '../exercise/step-exercises.tsx'
import { Coverage } from '../flag/references.tsx'
import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { Status } from '../ui/status.tsx'
import { Attempts } from './attempts.tsx'
import { Checks } from './checks.tsx'
import { Decision } from './decision.tsx'
import { useFeature } from './feature-layout.tsx'
import { STEP_FORMS } from './step-forms.ts'

import classes from './feature.module.css'

type Step = Answer<'showStep'>

export function StepPage(): ReactElement {
  const { run } = useFeature()
  const { step: number = '1' } = useParams({ strict: false })
  const params = { project: run.project, run: run.id, step: number }
  const read = useLive('showStep', { params })
  return (
    // Another step is another page: nothing half-written moves along.
    <Loaded key={number} read={read}>
      {(step) => (
        <>
          <Card title={`${step.number} · ${step.title}`} beside={<Status of={step.state} />}>
            <Sentence>{step.purpose}</Sentence>
          </Card>
          <Output step={step} />
          <StepExercises step={step.id} run={run} />
          {step.id === 'flags' ? <Coverage project={run.project} flag={run.flag} /> : null}
          <Checks step={step} />
          <Decision step={step} />
          <Attempts step={step} />
        </>
      )}
    </Loaded>
  )
}

/** The form of the step where there is one; otherwise its output as it stands and the command that writes it. */
function Output({ step }: { readonly step: Step }): ReactElement {
  const { run } = useFeature()
  const Form = STEP_FORMS[step.id]
  if (step.id === 'approval') {
    return (
      <Card title="Reviews and approval">
        <Link to={paths.approval(run.project, run.feature)}>
          Open the reviews, what changes, and the three approvals
        </Link>
      </Card>
    )
  }
  if (Form !== undefined && step.state !== 'locked') return <Form step={step} run={run} />
  const empty = step.outputs.filter((it) => it.required && !it.filled)
  return (
    <Card
      title="Output"
      beside={
        <span className="fm-dim">
          {empty.length === 0 ? 'complete' : `${empty.length} fields are missing`}
        </span>
      }
    >
      <dl className={classes['values']}>
        {step.outputs.map((it) => (
          <Value key={it.field} title={it.title} value={step.output[it.field]} required={it.required} />
        ))}
      </dl>
      {step.outputs.length === 0 ? null : (
        <CopyCommand
          command={`flagmarshal feature step ${run.feature} ${step.number} --file step-${step.number}.json`}
          request={`PUT /api/v1/projects/${run.project}/runs/${run.id}/steps/${step.number}`}
        />
      )}
    </Card>
  )
}

interface ValueProps {
  readonly title: string
  readonly value: unknown
  readonly required: boolean
}

function Value({ title, value, required }: ValueProps): ReactElement {
  return (
    <>
      <dt>{title}</dt>
      <dd>
        {value === undefined ? (
          <span className="fm-dim">{required ? 'missing' : 'not given'}</span>
        ) : typeof value === 'string' ? (
          value
        ) : (
          <code>{JSON.stringify(value)}</code>
        )}
      </dd>
    </>
  )
}
