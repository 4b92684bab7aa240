/** What changes with an approval, in three columns: approved, live now, proposed. */
import type { ReactElement } from 'react'

import { useFeature } from '../procedure/feature-layout.tsx'
import { useLive, useRead } from '../query.ts'
import type { Answer } from '../query.ts'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { differencesOf } from './difference.ts'
import type { Difference } from './difference.ts'

import classes from './approval.module.css'

const OVER = ['completed', 'rolled_back', 'aborted']

export function DifferenceCard(): ReactElement {
  const { run } = useFeature()
  const params = { project: run.project, run: run.id }
  const bundle = useLive('showBundle', { params })
  const rollouts = useRead('listRollouts', {
    params: { project: run.project },
    query: { feature: run.feature },
  })
  const running = (rollouts.data?.items ?? []).find((it) => !OVER.includes(it.state))
  return (
    <Loaded read={bundle}>
      {(it) =>
        running === undefined ? (
          <DifferenceTable bundle={it} />
        ) : (
          <WithRollout bundle={it} rollout={running.id} />
        )
      }
    </Loaded>
  )
}

interface TableProps {
  readonly bundle: Answer<'showBundle'>
  readonly livePlan?: object
}

function WithRollout({ bundle, rollout }: TableProps & { readonly rollout: string }): ReactElement {
  const { run } = useFeature()
  const read = useRead('showRollout', { params: { project: run.project, rollout } })
  return <Loaded read={read}>{({ plan }) => <DifferenceTable bundle={bundle} livePlan={plan} />}</Loaded>
}

function DifferenceTable({ bundle: it, livePlan }: TableProps): ReactElement {
  const rows = differencesOf(it.differs, {
    approved: it.approvedBundle,
    proposed: it.bundle,
    livePlan,
  })
  return (
    <Card
      title="What is approved"
      beside={
        it.approved ? (
          <Status of="approved" word="Exactly this is approved" />
        ) : it.approvedHash === null ? (
          <span className="fm-dim">nothing was approved before: all of it is new</span>
        ) : (
          <Status of="hold" word={`${rows.length} differences from what was approved`} />
        )
      }
      flush
    >
      <p className={classes['hash']}>
        proposed <code>{it.hash}</code>
        {it.approvedHash === null ? null : (
          <>
            <br />
            approved <code>{it.approvedHash}</code>
          </>
        )}
      </p>
      {rows.length === 0 ? null : (
        <Table columns={['where', 'approved base', 'live now', 'proposed']} className={classes['difference']}>
          {rows.map((row) => (
            <Row key={row.pointer} row={row} />
          ))}
        </Table>
      )}
    </Card>
  )
}

function Row({ row }: { readonly row: Difference }): ReactElement {
  return (
    <tr>
      <th scope="row" data-label="where">
        {row.where}
      </th>
      <td data-label="approved base">
        <Value of={row.approved} none="not there" />
      </td>
      <td data-label="live now">
        <Value of={row.live} none="serves nothing" />
      </td>
      <td data-label="proposed">
        <Value of={row.proposed} none="taken away" />
      </td>
    </tr>
  )
}

/** More than this is folded away. */
const SHORT = 160

function Value({ of, none }: { readonly of: unknown; readonly none: string }): ReactElement {
  if (of === undefined || of === null) return <span className="fm-dim">{none}</span>
  const text = typeof of === 'string' ? of : JSON.stringify(of, null, 1)
  if (text.length <= SHORT) return typeof of === 'string' ? <>{text}</> : <code>{text}</code>
  return (
    <details>
      <summary>
        <code>{text.slice(0, 60)}…</code>
      </summary>
      <pre className={classes['value']}>{text}</pre>
    </details>
  )
}
