/** The frame of the pages that are seen before anybody is signed in. */
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactElement, ReactNode } from 'react'

import { Mark } from '../shell/mark.tsx'

import classes from './door.module.css'

interface DoorProps {
  readonly title: string
  readonly intro?: ReactNode
  readonly children: ReactNode
}

export function Door({ title, intro, children }: DoorProps): ReactElement {
  useDocumentTitle(`${title} · Flagmarshal`)
  return (
    <main className={classes['door']}>
      <div className={classes['box']}>
        <div className={classes['brand']}>
          <Mark size={28} />
          <span>Flagmarshal</span>
        </div>
        <h1>{title}</h1>
        {intro === undefined ? null : <p className="fm-dim">{intro}</p>}
        {children}
      </div>
    </main>
  )
}
