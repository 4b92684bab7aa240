/** The plan of the run itself: drafted from the feature and its inputs, edited, reviewed by somebody else. */
import { Button, Group, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useMe } from '../access/session.ts'
import { Conflict } from '../form/conflict.tsx'
import { useDraft } from '../form/draft.ts'
import { lacking, sentFields } from '../form/field.ts'
import type { Field } from '../form/field.ts'
import { Fields } from '../form/fields.tsx'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand, quoted } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { useFeature } from './feature-layout.tsx'

import classes from './feature.module.css'

type Run = Answer<'showRun'>
type Content = Readonly<Record<string, unknown>>

const FIELDS: readonly Field[] = [
  { kind: 'lines', key: 'procedures', label: 'Procedures that may be invoked', optional: true },
  { kind: 'lines', key: 'dependencies', label: 'Steps and what they depend on', optional: true },
  {
    kind: 'list',
    key: 'risks',
    label: 'Risks, and what answers each',
    add: 'Add a risk',
    optional: true,
    item: {
      kind: 'group',
      key: 'risk',
      label: 'Risk',
      fields: [
        { kind: 'text', key: 'risk', label: 'Risk' },
        { kind: 'text', key: 'answer', label: 'Answer' },
      ],
    },
  },
  { kind: 'lines', key: 'unknowns', label: 'Unknowns', optional: true },
  { kind: 'lines', key: 'validationPoints', label: 'Validation points', optional: true },
  { kind: 'text', key: 'notes', label: 'Notes', optional: true },
]

const LABELS = Object.fromEntries(FIELDS.map((it) => [it.key, it.label]))

export function WorkPlan(): ReactElement {
  const { run } = useFeature()
  const { workPlan } = run
  const over = ['completed', 'aborted'].includes(run.state)
  return (
    <>
      <Card
        title="Work plan"
        beside={
          <span className="fm-dim">
            revision {workPlan.revision} · <code>{workPlan.hash.slice(0, 12)}</code>
          </span>
        }
      >
        <Sentence>
          How this run goes through the procedure: not the rollout plan, which is the outcome of step 3.
          Whoever wrote a part of it cannot review it, and an edit voids the review.
        </Sentence>
        <p className="fm-dim">
          {workPlan.authors.length === 0
            ? 'Drafted from the feature and its inputs.'
            : `Written by ${workPlan.authors.join(', ')}.`}
        </p>
        {over ? (
          <pre className={classes['json']}>{JSON.stringify(workPlan.content, null, 2)}</pre>
        ) : (
          <Edit run={run} />
        )}
      </Card>
      <Review run={run} over={over} />
    </>
  )
}

function Edit({ run }: { readonly run: Run }): ReactElement {
  const stored: Content = run.workPlan.content
  const draft = useDraft(stored, run.workPlan.revision, LABELS)
  const write = useWrite('writeWorkPlan')
  const lacks = lacking(FIELDS, draft.value)
  const body = bodyOf(draft.value)
  const params = { project: run.project, run: run.id }
  const { conflict } = draft
  const save = async (): Promise<void> => {
    const saved = await write.mutateAsync([{ params, body, ifMatch: draft.revision }]).catch(() => undefined)
    if (saved !== undefined) draft.saved(saved.workPlan.content, saved.workPlan.revision)
  }
  return (
    <>
      <Fields fields={FIELDS} value={draft.value} change={draft.change} />
      {lacks.length === 0 ? null : (
        <p role="status">
          <Status of="hold" word="Still needed" /> {lacks.join(' · ')}
        </p>
      )}
      {conflict === undefined ? null : (
        <Conflict what="the work plan" clashes={conflict} merge={draft.merge} takeTheirs={draft.takeTheirs} />
      )}
      {write.error === null || conflict !== undefined ? null : <ErrorView error={write.error} />}
      <Group mt="md">
        <Button
          disabled={!draft.dirty || lacks.length > 0 || conflict !== undefined}
          loading={write.isPending}
          onClick={() => void save()}
        >
          Save the work plan
        </Button>
        {draft.dirty ? (
          <Button variant="default" onClick={draft.takeTheirs}>
            Discard
          </Button>
        ) : null}
      </Group>
      <div className={classes['twin']}>
        <CopyCommand
          command={`echo ${quoted(JSON.stringify(body))} | flagmarshal feature work-plan ${run.feature} --if-revision ${draft.revision} --file -`}
          request={`PUT /api/v1/projects/${run.project}/runs/${run.id}/work-plan ${JSON.stringify(body)}`}
        />
      </div>
    </>
  )
}

/** The lists of the plan are always sent, empty ones too. */
function bodyOf(value: Content) {
  const empty = { procedures: [], dependencies: [], risks: [], unknowns: [], validationPoints: [] }
  return { ...empty, ...sentFields(FIELDS, value) }
}

function Review({ run, over }: { readonly run: Run; readonly over: boolean }): ReactElement {
  const me = useMe()
  const review = useWrite('reviewWorkPlan')
  const [comments, setComments] = useState('')
  const { workPlan } = run
  const mine = workPlan.authors.includes(me?.id ?? '')
  const say = (verdict: 'approved' | 'rejected'): void =>
    review.mutate([{ params: { project: run.project, run: run.id }, body: { verdict, comments } }], {
      onSuccess: () => setComments(''),
    })
  return (
    <Card
      title="Review"
      beside={
        workPlan.review === null ? (
          <Status of="missing" word="Not reviewed" />
        ) : workPlan.review.verdict === 'approved' ? (
          <Status of="go" word="Approved" />
        ) : (
          <Status of="no-go" word="Sent back" />
        )
      }
    >
      <Stack gap="sm">
        {workPlan.review === null ? null : (
          <div>
            {workPlan.review.by}, <TimeAgo at={workPlan.review.at} />
            {workPlan.review.comments === '' ? '' : `: “${workPlan.review.comments}”`}
          </div>
        )}
        {over ? null : (
          <>
            <Textarea
              label="Comments"
              description="Needed to send it back."
              disabled={mine}
              value={comments}
              onChange={(event) => setComments(event.currentTarget.value)}
            />
            {review.error === null ? null : <ErrorView error={review.error} />}
            <Group>
              <Button disabled={mine} loading={review.isPending} onClick={() => say('approved')}>
                Approve the work plan
              </Button>
              <Button
                variant="default"
                disabled={mine || comments.trim() === ''}
                loading={review.isPending}
                onClick={() => say('rejected')}
              >
                Send it back
              </Button>
              {mine ? <span className="fm-dim">You wrote a part of it: somebody else reviews.</span> : null}
            </Group>
            <CopyCommand
              command={`flagmarshal feature review ${run.feature} --work-plan approved --comment "…"`}
              request={`POST /api/v1/projects/${run.project}/runs/${run.id}/work-plan/review`}
            />
          </>
        )}
      </Stack>
    </Card>
  )
}
