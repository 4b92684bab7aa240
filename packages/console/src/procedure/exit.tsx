/** How a run ended, or why it stands still: what must be done, and what became of telling each person. */
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import type { Answer } from '../query.ts'
import { Link } from '../ui/link.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

import classes from './feature.module.css'

type Run = Answer<'showRun'>

const TOLD: Readonly<Record<string, readonly [string, string]>> = {
  delivered: ['pass', 'Delivered'],
  waiting: ['scheduled', 'On its way'],
  failed: ['fail', 'Failed'],
  nobody: ['unknown', 'No channel takes it'],
}

export function Exit({ run }: { readonly run: Run }): ReactElement | null {
  const { exit } = run
  if (exit === null) return null
  return (
    <Card title="Exit" beside={<Status of={exit.state} />} flush>
      <div className={classes['act']}>
        <span>
          {exit.reason} <TimeAgo at={exit.since} />
        </span>
        {exit.requiredAction === '' ? null : <strong>{exit.requiredAction}</strong>}
        {run.abort === null ? null : (
          <span className="fm-dim">
            {run.abort.cause.replaceAll('_', ' ')}, by {run.abort.by}: “{run.abort.lessons}”
            {run.abort.unexposed.length === 0 ? '' : ` · ${run.abort.unexposed.join('; ')}`}
          </span>
        )}
      </div>
      {exit.told.length === 0 ? null : (
        <Table columns={['who is told', 'state', 'evidence']}>
          {exit.told.map((it) => {
            const [state, word] = TOLD[it.state] ?? [it.state, it.state]
            return (
              <tr key={it.name}>
                <td>
                  {it.name}
                  <div className={classes['why']}>{it.why ?? it.channels.join(', ')}</div>
                </td>
                <td>
                  <Status of={state} word={word} />
                </td>
                <td>
                  {it.evidence.map((hash) => (
                    <Link key={hash} to={paths.evidence(run.project, hash)}>
                      <code>{hash.slice(0, 12)}</code>
                    </Link>
                  ))}
                </td>
              </tr>
            )
          })}
        </Table>
      )}
    </Card>
  )
}
