/** Somebody else published while one was writing: what they changed, what I changed, and two ways on. */
import type { ReactElement } from 'react'

import { ClashTable, WaysOn } from '../form/conflict.tsx'
import { Card } from '../ui/page.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { threeWay } from './config-difference.ts'
import type { Config, ConfigDraft } from './config-draft.ts'

interface ConflictProps {
  readonly base: Config
  readonly theirs: Config
  readonly mine: ConfigDraft
  readonly takeTheirs: () => void
  readonly merge: () => void
}

export function Conflict({ base, theirs, mine, takeTheirs, merge }: ConflictProps): ReactElement {
  const clashes = threeWay(base, theirs, mine)
  return (
    <div role="alert">
      <Card
        title={`${theirs.updatedBy} has published revision ${theirs.revision} since you began`}
        beside={<TimeAgo at={theirs.updatedAt} />}
      >
        <ClashTable clashes={clashes} />
        <WaysOn clashes={clashes} merge={merge} takeTheirs={takeTheirs} />
      </Card>
    </div>
  )
}
