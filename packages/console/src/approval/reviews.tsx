/** The subjects of the final review: marked by somebody of their group, with comments to be resolved. */
import { Button, Group, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useFeature } from '../procedure/feature-layout.tsx'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

import classes from './approval.module.css'

type Run = Answer<'showRun'>
type Subject = Run['reviews'][number]
type Thread = Run['threads'][number]
type GroupName = 'technical' | 'operations' | 'business'

const isGroup = (name: string): name is GroupName =>
  name === 'technical' || name === 'operations' || name === 'business'

export function Reviews(): ReactElement {
  const { run } = useFeature()
  const done = run.reviews.filter((it) => it.state === 'reviewed').length
  const open = run.threads.filter((it) => it.resolved === null).length
  return (
    <Card
      title="Reviews"
      beside={
        <span className="fm-dim">
          {done} of {run.reviews.length} reviewed
          {open === 0 ? '' : `, ${open} comments to be resolved`}
        </span>
      }
      flush
    >
      {run.reviews.map((it) => (
        <SubjectRow key={`${it.group} ${it.subject}`} subject={it} run={run} />
      ))}
      <div className={classes['subject']}>
        <CopyCommand
          command={`flagmarshal feature review ${run.feature} --subject technical/strategy`}
          request={`POST /api/v1/projects/${run.project}/runs/${run.id}/reviews`}
        />
      </div>
    </Card>
  )
}

const STATES: Readonly<Record<Subject['state'], readonly [string, string]>> = {
  open: ['draft', 'Not reviewed'],
  reviewed: ['pass', 'Reviewed'],
  changes_requested: ['hold', 'Changes asked for'],
}

interface SubjectRowProps {
  readonly subject: Subject
  readonly run: Run
}

function SubjectRow({ subject: it, run }: SubjectRowProps): ReactElement {
  const [writing, setWriting] = useState<'comment' | 'changes' | undefined>(undefined)
  const mark = useWrite('reviewSubject')
  const params = { project: run.project, run: run.id }
  const { group, subject } = it
  const [state, word] = STATES[it.state]
  const threads = run.threads.filter((one) => one.group === group && one.subject === subject)
  const over = ['completed', 'aborted'].includes(run.state)
  if (!isGroup(group)) return <></>
  return (
    <div className={classes['subject']} role="group" aria-label={`${group}: ${it.title}`}>
      <div className={classes['head']}>
        <strong>{it.title}</strong>
        <span className="fm-dim">{group}</span>
        <Status of={state} word={word} />
        <span className="fm-dim">
          {it.by ?? ''}
          {it.comment === null ? '' : ` “${it.comment}”`}
        </span>
        {over ? null : (
          <span className={classes['push']}>
            <Button
              variant="default"
              size="compact-xs"
              loading={mark.isPending}
              onClick={() => mark.mutate([{ params, body: { group, subject, verdict: 'reviewed' } }])}
            >
              Mark it reviewed
            </Button>
            <Button variant="default" size="compact-xs" onClick={() => setWriting('changes')}>
              Ask for changes
            </Button>
            <Button variant="default" size="compact-xs" onClick={() => setWriting('comment')}>
              Comment
            </Button>
          </span>
        )}
      </div>
      {mark.error === null ? null : <ErrorView error={mark.error} />}
      {threads.map((one) => (
        <ThreadView key={one.id} thread={one} run={run} />
      ))}
      {writing === 'comment' ? (
        <WriteComment run={run} about={{ group, subject }} close={() => setWriting(undefined)} />
      ) : null}
      {writing === 'changes' ? (
        <Words
          label="What must change"
          verb="Ask for changes"
          busy={mark.isPending}
          close={() => setWriting(undefined)}
          send={async (comment) => {
            const body = { group, subject, verdict: 'changes_requested' as const, comment }
            await mark.mutateAsync([{ params, body }])
          }}
        />
      ) : null}
    </div>
  )
}

function ThreadView({ thread: it, run }: { readonly thread: Thread; readonly run: Run }): ReactElement {
  const [writing, setWriting] = useState<'answer' | 'resolve' | undefined>(undefined)
  const resolve = useWrite('resolveComment')
  const params = { project: run.project, run: run.id, thread: it.id }
  return (
    <div className={classes['thread']} data-open={it.resolved === null || undefined}>
      {it.comments.map((comment) => (
        <p key={`${comment.at} ${comment.by}`}>
          <strong>{comment.by}</strong> <TimeAgo at={comment.at} />: {comment.text}
        </p>
      ))}
      {it.resolved === null ? (
        <Group gap={6}>
          <Status of="hold" word="To be resolved" />
          <Button variant="default" size="compact-xs" onClick={() => setWriting('answer')}>
            Answer
          </Button>
          <Button variant="default" size="compact-xs" onClick={() => setWriting('resolve')}>
            Resolve
          </Button>
        </Group>
      ) : (
        <p className="fm-dim">
          Resolved by {it.resolved.by}, <TimeAgo at={it.resolved.at} />: {it.resolved.note}
        </p>
      )}
      {writing === 'answer' ? (
        <WriteComment run={run} about={{ thread: it.id }} close={() => setWriting(undefined)} />
      ) : null}
      {writing === 'resolve' ? (
        <Words
          label="How it was settled"
          verb="Resolve it"
          busy={resolve.isPending}
          close={() => setWriting(undefined)}
          send={async (note) => {
            await resolve.mutateAsync([{ params, body: { note } }])
          }}
        />
      ) : null}
    </div>
  )
}

interface WriteCommentProps {
  readonly run: Run
  readonly about: { readonly thread: string } | { readonly group: GroupName; readonly subject: string }
  readonly close: () => void
}

function WriteComment({ run, about, close }: WriteCommentProps): ReactElement {
  const comment = useWrite('comment')
  const params = { project: run.project, run: run.id }
  return (
    <Words
      label="Comment"
      verb="Send the comment"
      busy={comment.isPending}
      close={close}
      send={async (text) => {
        await comment.mutateAsync([{ params, body: { ...about, text } }])
      }}
    />
  )
}

interface WordsProps {
  readonly label: string
  readonly verb: string
  readonly busy: boolean
  readonly close: () => void
  readonly send: (text: string) => Promise<void>
}

function Words({ label, verb, busy, close, send }: WordsProps): ReactElement {
  const [text, setText] = useState('')
  const [error, setError] = useState<unknown>(undefined)
  const act = async (): Promise<void> => {
    try {
      await send(text)
      close()
    } catch (reason) {
      setError(reason)
    }
  }
  return (
    <div className={classes['write']}>
      <Textarea label={label} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      {error === undefined ? null : <ErrorView error={error} />}
      <Group gap={6}>
        <Button size="xs" disabled={text.trim() === ''} loading={busy} onClick={() => void act()}>
          {verb}
        </Button>
        <Button size="xs" variant="default" onClick={close}>
          Leave it
        </Button>
      </Group>
    </div>
  )
}
