/** What others rely on, as rows of a table: each milestone, whether it is reached, and since when. */
import type { ReactElement } from 'react'

import type { Answer } from '../query.ts'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

export function MilestoneRows({ run }: { readonly run: Answer<'showRun'> }): ReactElement {
  return (
    <>
      {run.milestones.map((it) => (
        <tr key={it.id}>
          <td>{it.title}</td>
          <td>{it.reached ? <Status of="pass" word="Reached" /> : <Status of="locked" word="Not yet" />}</td>
          <td className="fm-dim">{it.since === null ? '' : <TimeAgo at={it.since} />}</td>
        </tr>
      ))}
    </>
  )
}
