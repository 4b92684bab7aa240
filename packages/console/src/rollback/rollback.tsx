/** One rollback: what was disabled and who confirmed it, the hooks, the seven steps, the report. */
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive, useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Freshness } from '../ui/freshness.tsx'
import { Link } from '../ui/link.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { HookRuns } from './hook-runs.tsx'
import { RollbackSteps } from './rollback-steps.tsx'

import classes from '../procedure/feature.module.css'

type Run = Answer<'showRollback'>

export function Rollback(): ReactElement {
  const { project = '', rollback = '' } = useParams({ strict: false })
  const read = useLive('showRollback', { params: { project, rollback } })
  return (
    <Loaded read={read}>
      {(run) => (
        <Page
          title={`Rollback of ${run.feature}`}
          crumbs={
            <>
              <Link to={paths.feature(project, run.feature)}>{run.feature}</Link> · flag{' '}
              <code>{run.flag}</code> · begun by {run.startedBy}, <TimeAgo at={run.startedAt} />
            </>
          }
          beside={<Status of={run.state} />}
          actions={<Freshness of={[read]} />}
        >
          <Card title="What happened">
            <p className="fm-sentence">{run.reason}</p>
            <p className="fm-sentence">{run.status}</p>
          </Card>
          <QuickDisable run={run} />
          <HookRuns run={run} />
          <RollbackSteps run={run} />
          <Report run={run} />
        </Page>
      )}
    </Loaded>
  )
}

const CONFIRMED: Readonly<Record<string, string>> = {
  verified: 'pass',
  verified_except: 'hold',
  timed_out: 'fail',
  confirming: 'observing',
  accepted: 'observing',
}
const RECOVERED: Readonly<Record<string, string>> = {
  recovered: 'pass',
  failed: 'fail',
  watching: 'observing',
  not_measured: 'unknown',
}

function QuickDisable({ run }: { readonly run: Run }): ReactElement {
  return (
    <Card title="Quick disable" flush>
      <Table columns={['environment', 'how', 'confirmed', 'recovery']}>
        {run.quickDisable.map((it) => (
          <tr key={it.environment}>
            <td>{it.environment}</td>
            <td>
              {it.how === 'rollout'
                ? 'the rollout serves control to everybody'
                : it.how === 'kill'
                  ? 'the flag is disabled'
                  : 'it was off already'}
            </td>
            <td>
              <Status of={CONFIRMED[it.state] ?? it.state} word={it.state.replaceAll('_', ' ')} />
            </td>
            <td>
              {it.recovery === '–' ? (
                '–'
              ) : (
                <Status of={RECOVERED[it.recovery] ?? it.recovery} word={it.recovery.replaceAll('_', ' ')} />
              )}
              <div className={classes['why']}>{it.said}</div>
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  )
}

function Report({ run }: { readonly run: Run }): ReactElement {
  const read = useRead('reviewRollback', { params: { project: run.project, rollback: run.id } })
  return (
    <Card
      title="Report"
      beside={run.step === null ? undefined : <span className="fm-dim">as it stands so far</span>}
    >
      <Loaded read={read}>
        {(it) => (
          <>
            {it.followUp === null ? null : (
              <p>
                {it.followUp.owner} follows the cause up until {it.followUp.due}
                {it.followUp.ticket === null ? '' : `, ticket ${it.followUp.ticket}`}.
              </p>
            )}
            <pre className={classes['json']} tabIndex={0} aria-label="Text of the report">
              {it.text}
            </pre>
          </>
        )}
      </Loaded>
      <CopyCommand
        command={`flagmarshal rollback report ${run.id}`}
        request={`GET /api/v1/projects/${run.project}/rollbacks/${run.id}/report`}
      />
    </Card>
  )
}
