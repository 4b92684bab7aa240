/** What people say about a rollout while it runs: reviews, incidents, reports. */
import type { Rollout } from '@flagmarshal/api/rollout'
import { Button, Group, Select, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useMe } from '../access/session.ts'
import { useLive, useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { isUnderway, roleWords } from './words.ts'

import classes from './rollout.module.css'

interface PeopleProps {
  readonly project: string
  readonly rollout: Rollout
}

/** The next review, and the incident that keeps the rollout from being raised. */
export function Watching({ rollout }: Omit<PeopleProps, 'project'>): ReactElement | null {
  const { incident, watchedUntil } = rollout
  const review = isUnderway(rollout.state) ? rollout.review : null
  if (review === null && incident === null && watchedUntil === null) return null
  return (
    <Card title="Looked after">
      <ul className={classes['plain']}>
        {incident === null ? null : (
          <li>
            <Status of="blocked" word={`Incident open (${incident.severity})`} /> since{' '}
            <TimeAgo at={incident.at} />: nothing is raised, turning off works as always.
          </li>
        )}
        {review === null ? null : (
          <li>
            {review.due ? (
              <Status of="HOLD" word="Review due" />
            ) : (
              <Status of="coming_due" word="Next review" />
            )}{' '}
            <TimeAgo at={review.dueAt} /> by the {[roleWords([review.role]), ...review.people].join(', ')};
            missed <TimeAgo at={review.missedAt} /> unless it is done.
          </li>
        )}
        {watchedUntil === null ? null : (
          <li>
            Harm still rolls it back until{' '}
            <time dateTime={watchedUntil}>{new Date(watchedUntil).toLocaleString()}</time> (
            <TimeAgo at={watchedUntil} />
            ).
          </li>
        )}
      </ul>
    </Card>
  )
}

type Report = Answer<'listReports'>['items'][number]

/** Complaints, incidents and feedback about the feature; what the report criteria count. */
export function Reports({ project, rollout: { feature } }: PeopleProps): ReactElement {
  const params = { project, feature }
  const read = useLive('listReports', { params, query: { limit: '20' } })
  const [resolving, setResolving] = useState<Report>()
  const [writing, setWriting] = useState(false)
  const resolve = useWrite('resolveReport')
  const may = useMe()?.permissions.includes('procedure:write') ?? false
  return (
    <Card
      title="Reports"
      actions={
        <Button variant="default" size="xs" disabled={!may} onClick={() => setWriting(!writing)}>
          {writing ? 'Close the form' : 'Report something'}
        </Button>
      }
    >
      {writing ? <NewReport project={project} feature={feature} done={() => setWriting(false)} /> : null}
      <Loaded read={read}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="fm-dim">
              Nobody has reported anything about {feature}. That is no praise: nothing is known.
            </p>
          ) : (
            <ul className={classes['plain']}>
              {items.map((it) => (
                <li key={it.id}>
                  <ReportState report={it} /> <strong>{it.kind.replace('-', ' ')}</strong> {it.text}{' '}
                  <span className="fm-dim">
                    {it.reportedBy}, <TimeAgo at={it.at} />
                  </span>{' '}
                  {it.resolvedAt === undefined && it.kind !== 'feedback' && may ? (
                    <Button
                      variant="subtle"
                      size="compact-xs"
                      aria-label={`It is over: ${it.text}`}
                      onClick={() => setResolving(it)}
                    >
                      It is over
                    </Button>
                  ) : null}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {resolving === undefined ? null : (
        <Confirm
          opened
          close={() => setResolving(undefined)}
          title={`It is over: ${resolving.kind}`}
          verb="It is over"
          reason="How"
          act={(reason) =>
            resolve.mutateAsync([{ params: { project, report: resolving.id }, body: { reason } }])
          }
        >
          {resolving.text} It does not count against the rollout any more.
        </Confirm>
      )}
    </Card>
  )
}

function ReportState({ report: it }: { readonly report: Report }): ReactElement {
  if (it.kind === 'feedback') {
    return (
      <Status of={it.positive === true ? 'pass' : 'HOLD'} word={it.positive === true ? 'good' : 'not good'} />
    )
  }
  if (it.resolvedAt !== undefined) return <Status of="ended" word="over" />
  return <Status of={it.severity === 'minor' ? 'HOLD' : 'fail'} word={it.severity} />
}

const KINDS = ['complaint', 'incident', 'security', 'data-loss', 'feedback'] as const
const SEVERITIES = ['minor', 'major', 'critical'] as const

interface NewReportProps {
  readonly project: string
  readonly feature: string
  readonly done: () => void
}

function NewReport({ project, feature, done }: NewReportProps): ReactElement {
  const [kind, setKind] = useState<(typeof KINDS)[number]>('complaint')
  const [severity, setSeverity] = useState<(typeof SEVERITIES)[number]>('minor')
  const [good, setGood] = useState('yes')
  const [text, setText] = useState('')
  const write = useWrite('createReport')
  const feedback = kind === 'feedback'
  const send = async (): Promise<void> => {
    const body = { kind, severity, text, ...(feedback ? { positive: good === 'yes' } : {}) }
    const sent = await write.mutateAsync([{ params: { project, feature }, body }]).catch(() => undefined)
    if (sent !== undefined) done()
  }
  return (
    <div className={classes['newReport']}>
      <Group grow align="end">
        <Select
          label="Kind"
          data={KINDS.map((it) => ({ value: it, label: it.replace('-', ' ') }))}
          value={kind}
          onChange={(it) => setKind(it as (typeof KINDS)[number])}
        />
        {feedback ? (
          <Select
            label="Is it good"
            data={['yes', 'no']}
            value={good}
            onChange={(it) => setGood(it ?? 'yes')}
          />
        ) : (
          <Select
            label="Severity"
            data={[...SEVERITIES]}
            value={severity}
            onChange={(it) => setSeverity(it as (typeof SEVERITIES)[number])}
          />
        )}
      </Group>
      <Textarea label="What" required value={text} onChange={(event) => setText(event.currentTarget.value)} />
      {write.error === null ? null : <ErrorView error={write.error} />}
      <Group>
        <Button size="xs" disabled={text.trim() === ''} loading={write.isPending} onClick={() => void send()}>
          Report it
        </Button>
      </Group>
      <CopyCommand
        command={`flagmarshal feature report ${feature} --kind ${kind} --severity ${severity} --text '…'`}
      />
    </div>
  )
}
