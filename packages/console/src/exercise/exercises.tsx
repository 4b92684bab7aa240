/**
 * Work of seconds or minutes that the server carries out for a step: verification runs, drills, the
 * set-up of monitoring. It belongs to the run, not to this page: a reload shows it as far as it is.
 */
import { Button } from '@mantine/core'
import type { ReactElement, ReactNode } from 'react'

import { paths } from '../paths.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Card } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

import classes from './exercise.module.css'

/** What verification runs, drills and set-ups have in common. */
export interface Exercise {
  readonly id: string
  readonly state: 'running' | 'done' | 'failed'
  readonly startedBy: string
  readonly startedAt: string
  readonly endedAt?: string | undefined
  readonly progress: readonly { readonly at: string; readonly what: string }[]
  readonly problem?: string | undefined
  readonly evidence?: string | undefined
  readonly current?: boolean | undefined
}

interface ExercisesProps<T extends Exercise> {
  readonly title: string
  /** What it does, to whom. */
  readonly says: string
  readonly verb: string
  readonly project: string
  /** Newest first. */
  readonly items: readonly T[]
  readonly start: () => void
  readonly starting: boolean
  readonly error: Error | null
  readonly command: string
  readonly request: string
  /** What it found, in a word. */
  readonly verdict: (it: T) => ReactNode
  readonly found: (it: T) => ReactNode
}

export function Exercises<T extends Exercise>(props: ExercisesProps<T>): ReactElement {
  const { title, says, verb, items, start, starting, error, command, request } = props
  const [latest, ...earlier] = items
  const running = latest?.state === 'running'
  return (
    <Card
      title={title}
      beside={latest === undefined ? <span className="fm-dim">not yet</span> : props.verdict(latest)}
      actions={
        <Button variant="default" size="xs" loading={starting} disabled={running} onClick={start}>
          {running ? 'It runs' : latest === undefined ? verb : `${verb} again`}
        </Button>
      }
    >
      <Sentence>{says}</Sentence>
      {error === null ? null : <ErrorView error={error} />}
      {latest === undefined ? null : <One exercise={latest} {...props} />}
      {earlier.length === 0 ? null : (
        <details className={classes['earlier']}>
          <summary>{earlier.length} earlier</summary>
          {earlier.map((it) => (
            <One key={it.id} exercise={it} {...props} />
          ))}
        </details>
      )}
      <div className={classes['twin']}>
        <CopyCommand command={command} request={request} />
      </div>
    </Card>
  )
}

interface OneProps<T extends Exercise> extends ExercisesProps<T> {
  readonly exercise: T
}

function One<T extends Exercise>({ exercise: it, project, verdict, found }: OneProps<T>): ReactElement {
  return (
    <div className={classes['exercise']}>
      <div>
        {verdict(it)} <span className="fm-dim">by {it.startedBy}, </span>
        <TimeAgo at={it.startedAt} />
        {it.current === false ? (
          <>
            {' '}
            <Status of="stale" word="What was tried has changed since" />
          </>
        ) : null}
        {it.evidence === undefined ? null : (
          <>
            {' · '}
            <Link to={paths.evidence(project, it.evidence)}>
              evidence <code>{it.evidence.slice(0, 12)}</code>
            </Link>
          </>
        )}
      </div>
      {it.problem === undefined ? null : <p>{it.problem}</p>}
      <ol
        className={classes['progress']}
        aria-label="Progress"
        {...(it.state === 'running' ? { 'aria-live': 'polite' } : {})}
      >
        {it.progress.map((line) => (
          <li key={`${line.at} ${line.what}`}>
            <span className={classes['after']}>
              +{((Date.parse(line.at) - Date.parse(it.startedAt)) / 1_000).toFixed(1)} s
            </span>{' '}
            {line.what}
          </li>
        ))}
        {it.state === 'running' ? (
          <li className="fm-dim">under way; you may leave, it goes on without this page</li>
        ) : null}
      </ol>
      {it.state === 'done' ? found(it) : null}
    </div>
  )
}
