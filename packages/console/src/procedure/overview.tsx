/** A run at a glance: what may be done next and by whom, what others rely on, whether it is done. */
import { Group } from '@mantine/core'
import type { ReactElement } from 'react'

import { useMe } from '../access/session.ts'
import { actPath } from '../home/act-path.ts'
import { paths } from '../paths.ts'
import type { Answer } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Link } from '../ui/link.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Abort } from './abort.tsx'
import { Exit } from './exit.tsx'
import { useFeature } from './feature-layout.tsx'
import { MilestoneRows } from './milestone-rows.tsx'
import { Triggers } from './start-run.tsx'

import classes from './feature.module.css'

type Run = Answer<'showRun'>

export function Overview(): ReactElement {
  const { run } = useFeature()
  return (
    <>
      <NextActions run={run} />
      <Exit run={run} />
      <Milestones run={run} />
      <Contract title="Definition of done" lines={run.done} />
      <Contract title="Validation of the outputs" lines={run.validation} />
      <Triggers run={run} />
      <Group gap="sm">
        <Abort run={run} />
        <Link to={paths.rollbackOf(run.project, run.feature)}>Roll the feature back…</Link>
        <Link to={paths.audit(run.project, run.id)}>Its audit entries</Link>
      </Group>
    </>
  )
}

function NextActions({ run }: { readonly run: Run }): ReactElement {
  const me = useMe()
  const to = actPath(run.project, run.feature, run)
  const elsewhere = to !== location.pathname
  return (
    <Card title="Next" actions={elsewhere ? <Link to={to}>Open where it is done</Link> : undefined} flush>
      {run.nextActions.length === 0 ? (
        <p className={classes['act']}>{run.exit?.reason ?? 'Nothing is left to do.'}</p>
      ) : (
        <ul className={classes['acts']}>
          {run.nextActions.map((it) => (
            <li key={`${it.title} ${it.command}`} className={classes['act']}>
              <span className={classes['actHead']}>
                <strong>{it.title}</strong>
                <span className="fm-dim">
                  {it.who.includes(me?.id ?? '') ? 'you' : it.who.join(', ') || 'anybody who may write'}
                  {it.role === null ? '' : `, as ${it.role.replaceAll('-', ' ')}`}
                </span>
              </span>
              <CopyCommand command={it.command} request={`${it.method} ${it.path}`} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Milestones({ run }: { readonly run: Run }): ReactElement {
  return (
    <Card title="What others rely on" flush>
      <table className="fm-table">
        <tbody>
          <MilestoneRows run={run} />
        </tbody>
      </table>
    </Card>
  )
}

const VERDICT_STATE: Readonly<Record<string, string>> = { met: 'pass', not_met: 'locked' }

interface ContractProps {
  readonly title: string
  readonly lines: Run['done']
}

/** `attested` and `overridden` have their own looks: they are never shown as met. */
function Contract({ title, lines }: ContractProps): ReactElement | null {
  if (lines.length === 0) return null
  const met = lines.filter((it) => it.verdict === 'met').length
  return (
    <Card title={title} beside={<span className="fm-dim">{`${met} of ${lines.length} met`}</span>} flush>
      <table className="fm-table">
        <tbody>
          {lines.map((it) => (
            <tr key={it.id}>
              <td className="fm-dim">{it.id}</td>
              <td>
                {it.title}
                {it.why.length === 0 ? null : <div className={classes['why']}>{it.why.join('; ')}</div>}
              </td>
              <td>
                <Status
                  of={VERDICT_STATE[it.verdict] ?? it.verdict}
                  {...(it.verdict === 'met'
                    ? { word: 'Met' }
                    : it.verdict === 'not_met'
                      ? { word: 'Not yet' }
                      : {})}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
