/** Somebody else published while one was writing: what they changed, what I changed, and two ways on. */
import { Button, Group } from '@mantine/core'
import type { ReactElement } from 'react'

import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { threeWay } from './config-difference.ts'
import type { Clash } from './config-difference.ts'
import type { Config, ConfigDraft } from './config-draft.ts'

import classes from './flag.module.css'

interface ConflictProps {
  readonly base: Config
  readonly theirs: Config
  readonly mine: ConfigDraft
  readonly takeTheirs: () => void
  readonly merge: () => void
}

const WHO: Readonly<Record<Clash['who'], readonly [state: string, word: string]>> = {
  theirs: ['moving', 'They changed it'],
  mine: ['open', 'You changed it'],
  both: ['go', 'Both, alike'],
  clash: ['held', 'Both, differently'],
}

export function Conflict({ base, theirs, mine, takeTheirs, merge }: ConflictProps): ReactElement {
  const parts = threeWay(base, theirs, mine)
  const clashes = parts.filter((it) => it.who === 'clash').length
  return (
    <div role="alert">
      <Card
        title={`${theirs.updatedBy} has published revision ${theirs.revision} since you began`}
        beside={<TimeAgo at={theirs.updatedAt} />}
      >
        <div className="fm-scroll" tabIndex={0} role="region" aria-label="What each of you changed">
          <table className="fm-table">
            <thead>
              <tr>
                <th>Part</th>
                <th>When you began</th>
                <th>Theirs, live now</th>
                <th>Yours</th>
                <th>Who</th>
              </tr>
            </thead>
            <tbody>
              {parts.map((it) => (
                <tr key={it.place}>
                  <td>{it.label}</td>
                  <td>{it.base ?? '–'}</td>
                  <td>{it.theirs ?? '–'}</td>
                  <td>{it.mine ?? '–'}</td>
                  <td>
                    <Status of={WHO[it.who][0]} word={WHO[it.who][1]} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <Group className={classes['after'] ?? ''}>
          <Button onClick={merge}>
            {clashes === 0 ? 'Put my changes on theirs' : `Put my changes on theirs (mine wins ${clashes}×)`}
          </Button>
          <Button variant="default" onClick={takeTheirs}>
            Take theirs, drop mine
          </Button>
        </Group>
      </Card>
    </div>
  )
}
