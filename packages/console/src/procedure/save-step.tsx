/** The end of every step's form: what somebody else saved, saving, discarding, and the request beside it. */
import { Button, Group } from '@mantine/core'
import type { ReactElement } from 'react'

import { Conflict } from '../form/conflict.tsx'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Status } from '../ui/status.tsx'
import type { StepDraft } from './step-draft.ts'
import type { StepFormProps } from './step-forms.ts'

import classes from './feature.module.css'

interface SaveStepProps extends StepFormProps {
  readonly draft: StepDraft<object>
  /** What is saved, in words: `the output`. */
  readonly what: string
  /** What the draft still lacks: it cannot be saved before. */
  readonly lacks: readonly string[]
}

export function SaveStep({ draft, step, run, what, lacks }: SaveStepProps): ReactElement {
  const body = JSON.stringify(draft.body)
  return (
    <>
      {draft.conflict === undefined ? null : (
        <Conflict
          what="this step"
          clashes={draft.conflict}
          merge={draft.merge}
          takeTheirs={draft.takeTheirs}
        />
      )}
      {draft.error === null ? null : <ErrorView error={draft.error} />}
      <Group mt="md" gap="sm">
        <Button
          disabled={!draft.dirty || lacks.length > 0 || draft.conflict !== undefined}
          loading={draft.saving}
          onClick={() => void draft.save()}
        >
          Save {what}
        </Button>
        {draft.dirty ? (
          <Button variant="default" onClick={draft.takeTheirs}>
            Discard
          </Button>
        ) : null}
        {step.state === 'go' ? (
          <span className="fm-dim">The step is Go: a change opens it again, and every later one.</span>
        ) : null}
      </Group>
      <div className={classes['twin']}>
        <CopyCommand
          command={`echo ${quoted(JSON.stringify(draft.body.output))} | flagmarshal feature step ${run.feature} ${step.number} --if-revision ${draft.revision} --file -`}
          request={`PUT /api/v1/projects/${run.project}/runs/${run.id}/steps/${step.number} ${body}`}
        />
      </div>
    </>
  )
}

/** Beside the title of a step's form: whether something is not saved yet. */
export function StepRevision({ draft, step }: Pick<SaveStepProps, 'draft' | 'step'>): ReactElement {
  if (draft.dirty) return <Status of="draft" word="Not saved" />
  return <span className="fm-dim">revision {step.revision}</span>
}
