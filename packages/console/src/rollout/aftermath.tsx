/** After a rollback or a kill: who has confirmed it, whether it has helped, what spoke for it. */
import type { Rollout } from '@flagmarshal/api/rollout'
import type { ReactElement } from 'react'

import { useLive } from '../query.ts'
import type { Answer } from '../query.ts'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { count, percent } from './words.ts'

import classes from './rollout.module.css'

type Confirmed = Pick<Answer<'getKill'>, 'state' | 'instances' | 'total' | 'confirmed' | 'lost' | 'at'>

const CONFIRMATION: Readonly<Record<string, readonly [string, string]>> = {
  accepted: ['rolling_back', 'Accepted'],
  confirming: ['rolling_back', 'Being confirmed'],
  verified: ['pass', 'Confirmed by every instance'],
  verified_except: ['HOLD', 'Confirmed by all that answer'],
  timed_out: ['fail', 'Not confirmed in time'],
}

const INSTANCE: Readonly<Record<string, string>> = { confirmed: 'pass', pending: 'HOLD', lost: 'silent' }

/** Counts up as instances confirm; each with its time. */
function Confirmations({ of }: { readonly of: Confirmed }): ReactElement {
  const [state, word] = CONFIRMATION[of.state] ?? ['unknown', of.state]
  return (
    <>
      <p role="status">
        <Status of={state} word={word} /> {of.confirmed} of {of.total} instances
        {of.lost === 0 ? '' : `, ${of.lost} silent`}
      </p>
      {of.instances.length === 0 ? (
        <p className="fm-dim">No instance was connected at that moment: nobody can confirm it.</p>
      ) : (
        <ul className={classes['plain']}>
          {of.instances.map((it) => (
            <li key={it.instanceId}>
              <Status of={INSTANCE[it.state] ?? 'unknown'} word={it.state} /> {it.application}{' '}
              <code>{it.instanceId}</code>{' '}
              <span className="fm-dim">
                {it.confirmedAfterMs === undefined ? (
                  <>
                    seen <TimeAgo at={it.lastSeenAt} />
                  </>
                ) : (
                  `after ${(it.confirmedAfterMs / 1000).toFixed(1)} s`
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

interface KilledProps {
  readonly project: string
  readonly kill: Answer<'killFlag'>
}

/** A kill that was sent from here. */
export function Killed({ project, kill }: KilledProps): ReactElement {
  const { flag, environment, id } = kill
  const read = useLive('getKill', { params: { project, flag, environment, kill: id } })
  return (
    <Card title={`${flag} was turned off in ${environment}`}>
      <Loaded read={read}>
        {(it) => (
          <>
            <Confirmations of={it} />
            {it.recovery === undefined ? null : <Sentence>{it.recovery.said}</Sentence>}
          </>
        )}
      </Loaded>
    </Card>
  )
}

interface AftermathProps {
  readonly project: string
  readonly rollout: Rollout
}

/** The report of a rollback. */
export function Aftermath({ project, rollout }: AftermathProps): ReactElement | null {
  if (rollout.links.report === null) return null
  return <RollbackReport project={project} rollout={rollout} />
}

function RollbackReport({ project, rollout }: AftermathProps): ReactElement {
  const read = useLive('showRollbackReport', { params: { project, rollout: rollout.id } })
  return (
    <Card title="Rollback report" beside={<Status of={rollout.state} />}>
      <Loaded read={read}>
        {(report) => (
          <>
            <Sentence>{report.summary}</Sentence>
            <dl className={classes['facts']}>
              <dt>Cause</dt>
              <dd>{report.cause.sentence}</dd>
              <dt>Exposed at most</dt>
              <dd>
                {report.exposed.distinctKeys === null
                  ? 'not reported by key'
                  : `${count(report.exposed.distinctKeys)} users`}
                ; {count(report.exposed.requests)} requests, {count(report.exposed.bad)} of them bad
              </dd>
              <dt>Exposure</dt>
              <dd>
                {report.verification.exposure.gone ? (
                  <Status of="pass" word="none left" />
                ) : (
                  <Status of="HOLD" word="not yet gone" />
                )}
                {report.verification.exposure.afterMs === undefined
                  ? ''
                  : ` after ${(report.verification.exposure.afterMs / 1000).toFixed(1)} s`}
              </dd>
              <dt>Bad share</dt>
              <dd>
                {percent(report.recovery.before)} before, {percent(report.recovery.after)} after{' '}
                {report.recovery.recovered === null ? (
                  <Status of="unknown" word="too little to say" />
                ) : (
                  <Status
                    of={report.recovery.recovered ? 'pass' : 'fail'}
                    word={report.recovery.recovered ? 'recovered' : 'not recovered'}
                  />
                )}
              </dd>
            </dl>
            <Confirmations of={report.verification} />
          </>
        )}
      </Loaded>
    </Card>
  )
}
