/** What keeps the run from going on, and who can clear it: never scrolls away on a wide screen. */
import type { ReactElement } from 'react'

import type { Answer } from '../query.ts'
import { Icon } from './icons.tsx'
import { Status } from './status.tsx'

import classes from './gate-card.module.css'

type Run = Answer<'showRun'>
type Blocker = Run['blockers'][number]

/** More than these are counted, not listed. */
const MOST = 8

export function GateCard({ run }: { readonly run: Run }): ReactElement {
  const { blockers } = run
  const open = run.state === 'approved' || run.state === 'completed'
  return (
    <aside aria-label="Gate" tabIndex={0} className={classes['gate']} data-open={open || undefined}>
      <header className={classes['header']}>
        <h2>Gate</h2>
        {open ? <Status of="go" word="Open" /> : <Status of="locked" word="Closed" />}
      </header>
      <p className={classes['status']}>{run.status}</p>
      {blockers.length === 0 ? null : (
        <ul className={classes['blockers']}>
          {blockers.slice(0, MOST).map((it) => (
            <Blocked key={`${it.code} ${it.message}`} blocker={it} />
          ))}
        </ul>
      )}
      {blockers.length > MOST ? <p className="fm-dim">and {blockers.length - MOST} more</p> : null}
    </aside>
  )
}

function Blocked({ blocker: it }: { readonly blocker: Blocker }): ReactElement {
  return (
    <li>
      <span className={classes['icon']} data-tone={it.code.endsWith('unknown') ? 'no-data' : 'no-go'}>
        <Icon name={it.code === 'decision-missing' ? 'ring' : 'cross'} size={13} />
      </span>
      <span>
        {it.message}
        <span className={classes['remedy']}>
          {it.remedy}
          {it.who.length === 0 ? '' : ` → ${it.who.join(', ')}`}
        </span>
      </span>
    </li>
  )
}
