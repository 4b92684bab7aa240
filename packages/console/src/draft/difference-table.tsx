/** Three columns: the approved base, what is live now, what is proposed; and what somebody else changed. */
import { draftDifferences } from '@flagmarshal/domain/draft/difference'
import type { DraftDifference } from '@flagmarshal/domain/draft/difference'
import type { ReactElement } from 'react'

import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { DraftReach } from './reach.tsx'
import type { DraftPart } from './use-drafts.ts'

import classes from '../approval/approval.module.css'

export function DraftDifferences({ project, draft }: DraftPart): ReactElement {
  const { approved, base, live, proposed } = draft
  const rows = draftDifferences({
    approved: approved?.content ?? null,
    base: base.content,
    live: live.content,
    proposed,
  })
  return (
    <Card
      title="What changes"
      beside={
        <span className="fm-dim">
          {approved === null ? (
            'nothing was approved by a draft before'
          ) : (
            <>
              approved by {approved.by.join(', ')}, <TimeAgo at={approved.at} />
            </>
          )}
        </span>
      }
      flush
    >
      <p className={classes['hash']}>
        base revision {base.revision} · live revision {live.revision} · proposed <code>{draft.hash}</code>
      </p>
      <Table columns={['part', 'approved base', 'live now', 'proposed']} className={classes['difference']}>
        {rows.map((row) => (
          <Row
            key={row.place}
            row={row}
            open={draft.closed === null}
            none={approved === null ? 'nothing yet' : 'not there'}
          />
        ))}
      </Table>
      {draft.closed === null ? (
        <div className={classes['subject']}>
          <DraftReach project={project} draft={draft} />
        </div>
      ) : null}
    </Card>
  )
}

interface RowProps {
  readonly row: DraftDifference
  /** The draft is not over: what has moved matters. */
  readonly open: boolean
  /** What is said where the approved base has no such part. */
  readonly none: string
}

function Row({ row, open, none }: RowProps): ReactElement {
  return (
    <tr>
      <th scope="row" data-label="part">
        {row.label}
        {row.moved && open ? (
          <div>
            <Status of="stale" word="Changed since the draft was saved" />
          </div>
        ) : null}
      </th>
      <td data-label="approved base">{row.approved ?? <span className="fm-dim">{none}</span>}</td>
      <td data-label="live now">{row.live ?? <span className="fm-dim">not there</span>}</td>
      <td data-label="proposed">
        {row.proposed === undefined ? (
          <span className="fm-dim">taken away</span>
        ) : row.changes ? (
          <strong>{row.proposed}</strong>
        ) : (
          row.proposed
        )}
      </td>
    </tr>
  )
}
