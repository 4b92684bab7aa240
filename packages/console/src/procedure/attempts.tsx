/** Every attempt at a step: why it was opened, what was decided, by whom and why, what a No-Go asked for. */
import type { ReactElement } from 'react'

import type { Answer } from '../query.ts'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

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
          {decision.relaxed === null ? null : <p className="fm-dim">{decision.relaxed}</p>}
        </div>
      ))}
      {it.failureActions.map((action) => (
        <p key={action.id}>
          {action.closed === null ? <Status of="open" word="To do" /> : <Status of="pass" word="Done" />}{' '}
          {action.title} <span className="fm-dim">{action.owners.join(', ')}</span>
        </p>
      ))}
    </div>
  )
}
