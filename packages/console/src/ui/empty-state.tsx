/** Nothing here: what it would be, why it is empty, one action, and the command that does the same. */
import type { ReactElement, ReactNode } from 'react'

import { CopyCommand } from './copy-command.tsx'

import classes from './note.module.css'

interface EmptyStateProps {
  readonly title: string
  readonly children: ReactNode
  readonly action?: ReactNode
  readonly command?: string
}

export function EmptyState({ title, children, action, command }: EmptyStateProps): ReactElement {
  return (
    <div className={classes['empty']}>
      <h3>{title}</h3>
      <p className="fm-dim">{children}</p>
      {action}
      {command === undefined ? null : <CopyCommand command={command} />}
    </div>
  )
}
