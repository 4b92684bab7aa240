/** The last step: reviews, what changes, the three signatures bound to its hash, and the schedule. */
import { Button, Group, Stack, TextInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useCarried } from '../access/carried.ts'
import { JustProved } from '../access/prove.tsx'
import { useMe } from '../access/session.ts'
import { instantOf } from '../form/fields.tsx'
import { useFeature } from '../procedure/feature-layout.tsx'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { DifferenceCard } from './difference-card.tsx'
import { Reviews } from './reviews.tsx'

import classes from './approval.module.css'

type Run = Answer<'showRun'>
type Role = 'technical-lead' | 'operations-lead' | 'product-owner'

const ROLES: readonly (readonly [Role, string])[] = [
  ['technical-lead', 'the flag implementation'],
  ['operations-lead', 'the rollout plan and its monitoring'],
  ['product-owner', 'the timeline and the approach'],
]

export function Approval(): ReactElement {
  const { run } = useFeature()
  return (
    <>
      <Signatures run={run} />
      <DifferenceCard />
      <Reviews />
      <Schedule run={run} />
    </>
  )
}

function Signatures({ run }: { readonly run: Run }): ReactElement {
  const request = useWrite('requestApproval')
  const params = { project: run.project, run: run.id }
  const given = run.approvals.filter((it) => it.voided === null)
  const asked = run.approvalRequest
  return (
    <Card
      title="Approvals"
      beside={<span className="fm-dim">{given.length} of 3</span>}
      actions={
        asked === null && !['approved', 'completed', 'aborted'].includes(run.state) ? (
          <Button size="xs" loading={request.isPending} onClick={() => request.mutate([{ params }])}>
            Ask for the approvals
          </Button>
        ) : undefined
      }
      flush
    >
      {request.error === null ? null : <ErrorView error={request.error} />}
      <div className={classes['hash']}>
        {asked === null ? (
          'Nobody has asked for them yet: that fixes the bundle.'
        ) : (
          <>
            asked by {asked.by}, <TimeAgo at={asked.at} />, of <code>{asked.bundleHash}</code>
          </>
        )}
      </div>
      {ROLES.map(([role, signs]) => (
        <Signature key={role} role={role} signs={signs} run={run} />
      ))}
      {run.relaxations.length === 0 ? null : (
        <div className={classes['subject']}>
          <Status of="overridden" word="Under a policy for too few people" /> {run.relaxations.join('; ')}
        </div>
      )}
      <div className={classes['subject']}>
        <CopyCommand
          command={`flagmarshal feature request-approval ${run.feature}`}
          request={`POST /api/v1/projects/${run.project}/runs/${run.id}/approvals/request`}
        />
      </div>
    </Card>
  )
}

interface SignatureProps {
  readonly role: Role
  readonly signs: string
  readonly run: Run
}

function Signature({ role, signs, run }: SignatureProps): ReactElement {
  const { feature } = useFeature()
  const of = run.approvals.filter((it) => it.role === role)
  const valid = of.find((it) => it.voided === null)
  const voided = of.findLast((it) => it.voided !== null)
  const word = role.replaceAll('-', ' ')
  const holders = {
    'technical-lead': feature.roles.technicalLead,
    'operations-lead': feature.roles.operationsLead,
    'product-owner': feature.roles.productOwner,
  }[role]
  const asked = run.approvalRequest
  return (
    <div className={classes['subject']} role="group" aria-label={`Approval of the ${word}`}>
      <div className={classes['head']}>
        <strong>{word}</strong>
        <span className="fm-dim">signs {signs}</span>
        {valid === undefined ? (
          <Status of={asked === null ? 'draft' : 'awaiting_approval'} word="Not signed" />
        ) : (
          <Status of="approved" word={`Signed by ${valid.by}`} />
        )}
        {valid === undefined ? (
          <span className="fm-dim">{holders.join(', ')}</span>
        ) : (
          <span className="fm-dim">
            <TimeAgo at={valid.at} />, on <code>{valid.bundleHash.slice(0, 12)}</code>
            {valid.comment === null ? '' : ` “${valid.comment}”`}
            {valid.proof === null ? '' : ` · shown by ${valid.proof}`}
            {valid.relaxed === null ? '' : ` · ${valid.relaxed}`}
          </span>
        )}
      </div>
      {voided === undefined || valid !== undefined || voided.voided === null ? null : (
        <p className="fm-dim">
          {voided.by} signed <code>{voided.bundleHash.slice(0, 12)}</code>; void since{' '}
          <TimeAgo at={voided.voided.at} />: {voided.voided.because}
        </p>
      )}
      {asked !== null && valid === undefined && run.waitsFor === 'approval' ? (
        <Sign role={role} hash={asked.bundleHash} run={run} holders={holders} />
      ) : null}
    </div>
  )
}

interface SignProps {
  readonly role: Role
  readonly hash: string
  readonly run: Run
  readonly holders: readonly string[]
}

function Sign({ role, hash, run, holders }: SignProps): ReactElement | null {
  const me = useMe()
  const approve = useWrite('approveRun')
  const written = `comment of the ${role}`
  const [comment, setComment] = useCarried(written, '')
  if (!holders.includes(me?.id ?? '')) return null
  const body = { role, bundleHash: hash, ...(comment.trim() === '' ? {} : { comment }) }
  const params = { project: run.project, run: run.id }
  return (
    <div className={classes['write']}>
      <Textarea label="Comment" value={comment} onChange={(event) => setComment(event.currentTarget.value)} />
      {approve.error === null ? <JustProved of={written} /> : <ErrorView error={approve.error} />}
      <Group>
        <Button loading={approve.isPending} onClick={() => approve.mutate([{ params, body }])}>
          Approve {hash.slice(0, 8)} as {role.replaceAll('-', ' ')}
        </Button>
      </Group>
      <CopyCommand
        command={`flagmarshal feature approve ${run.feature} --role ${role} --hash ${hash}`}
        request={`POST /api/v1/projects/${run.project}/runs/${run.id}/approvals`}
      />
    </div>
  )
}

function Schedule({ run }: { readonly run: Run }): ReactElement | null {
  const schedule = useWrite('scheduleRun')
  const [local, setLocal] = useState('')
  if (run.schedule === null && run.waitsFor !== 'schedule') return null
  const start = instantOf(local)
  const params = { project: run.project, run: run.id }
  return (
    <Card title="Schedule">
      <Stack gap="sm">
        {run.schedule === null ? null : (
          <div>
            <Status of="scheduled" />{' '}
            {run.schedule.start === null ? (
              'starts when it is started'
            ) : (
              <>
                starts <TimeAgo at={run.schedule.start} />
              </>
            )}
            <span className="fm-dim"> by {run.schedule.by}</span>
          </div>
        )}
        {run.state === 'aborted' ? null : (
          <>
            <TextInput
              label="Start"
              type="datetime-local"
              description="In your time zone. Empty: the rollout starts when somebody starts it."
              value={local}
              onChange={(event) => setLocal(event.currentTarget.value)}
            />
            {schedule.error === null ? null : <ErrorView error={schedule.error} />}
            <div>
              <Button
                loading={schedule.isPending}
                onClick={() => schedule.mutate([{ params, body: start === '' ? {} : { start } }])}
              >
                {run.schedule === null ? 'Schedule the rollout' : 'Move the start'}
              </Button>
            </div>
            <CopyCommand
              command={`flagmarshal feature schedule ${run.feature}${start === '' ? '' : ` --start ${start}`}`}
              request={`POST /api/v1/projects/${run.project}/runs/${run.id}/schedule`}
            />
          </>
        )}
      </Stack>
    </Card>
  )
}
