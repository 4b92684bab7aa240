/** What went wrong: the cause, what to do, a way to try again, and what to name when asking for help. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { Prove } from '../access/prove.tsx'
import { problemOf } from '../query.ts'
import { Icon } from './icons.tsx'

import classes from './note.module.css'

interface ErrorViewProps {
  readonly error: unknown
  readonly retry?: () => void
}

export function ErrorView({ error, retry }: ErrorViewProps): ReactElement {
  const problem = problemOf(error)
  const text = problem?.detail ?? (error instanceof Error ? error.message : String(error))
  return (
    <div role="alert" className={classes['note']} data-tone="no-go">
      <Icon name="up" />
      <div>
        <strong>{text}</strong>
        {problem?.remedy === undefined ? null : <p>{problem.remedy}</p>}
        {problem?.errors === undefined || problem.errors.length < 2 ? null : (
          <ul>
            {problem.errors.map((it) => (
              <li key={`${it.pointer} ${it.message}`}>
                <code>{it.pointer}</code> {it.message}
              </li>
            ))}
          </ul>
        )}
        <p className="fm-dim">
          <code>{problem?.code ?? 'console'}</code>
        </p>
        {problem?.code === 'proof-needed' ? <Prove /> : null}
        {retry === undefined ? null : (
          <Button variant="default" size="xs" onClick={retry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  )
}
