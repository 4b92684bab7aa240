/** Somebody else saved while one was writing: what each of the two changed, and two ways on. */
import { Button, Group } from '@mantine/core'
import type { ReactElement } from 'react'

import { Status } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import type { Clash } from './three-way.ts'

import classes from './form.module.css'

interface ConflictProps {
  /** What somebody else has saved: `this step`. */
  readonly what: string
  readonly clashes: readonly Clash[]
  readonly merge: () => void
  readonly takeTheirs: () => void
}

export function Conflict({ what, clashes, merge, takeTheirs }: ConflictProps): ReactElement {
  return (
    <div role="alert" className={classes['conflict']}>
      <Status of="hold" word={`Somebody else has saved ${what} since you began`} />
      <ClashTable clashes={clashes} />
      <WaysOn clashes={clashes} merge={merge} takeTheirs={takeTheirs} />
    </div>
  )
}

const WHO: Readonly<Record<Clash['who'], readonly [state: string, word: string]>> = {
  theirs: ['moving', 'They changed it'],
  mine: ['open', 'You changed it'],
  both: ['go', 'Both, alike'],
  clash: ['held', 'Both, differently'],
}

/** Part by part: what was there, what is there now, what I want, and who changed it. */
export function ClashTable({ clashes }: Pick<ConflictProps, 'clashes'>): ReactElement {
  return (
    <div className="fm-scroll" tabIndex={0} role="region" aria-label="What each of you changed">
      <Table columns={['Part', 'When you began', 'Theirs, live now', 'Yours', 'Who']}>
        {clashes.map((it) => (
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
      </Table>
    </div>
  )
}

/** Merging, or giving up what one wrote. */
export function WaysOn({ clashes, merge, takeTheirs }: Omit<ConflictProps, 'what'>): ReactElement {
  const wins = clashes.filter((it) => it.who === 'clash').length
  return (
    <Group mt="sm">
      <Button onClick={merge}>
        {wins === 0 ? 'Put my changes on theirs' : `Put my changes on theirs (mine wins ${wins}×)`}
      </Button>
      <Button variant="default" onClick={takeTheirs}>
        Take theirs, drop mine
      </Button>
    </Group>
  )
}
