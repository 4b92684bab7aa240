/** Removing something: what goes with it is said first, in numbers. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Card } from '../ui/page.tsx'

import classes from './settings.module.css'

interface RemoveCardProps {
  /** What is removed: `the channel ops`. */
  readonly what: string
  readonly cannot: string | undefined
  readonly command: string
  readonly request: string
  readonly remove: () => Promise<unknown>
  /** What it means. */
  readonly children: ReactNode
}

export function RemoveCard({
  what,
  cannot,
  command,
  request,
  remove,
  children,
}: RemoveCardProps): ReactElement {
  const [asking, setAsking] = useState(false)
  return (
    <Card title="Remove it">
      <div className={classes['acts']}>
        <Button variant="default" disabled={cannot !== undefined} onClick={() => setAsking(true)}>
          Remove {what}…
        </Button>
        {cannot === undefined ? null : <span className="fm-dim">{cannot}</span>}
      </div>
      <div className={classes['twin']}>
        <CopyCommand command={command} request={request} />
      </div>
      <Confirm
        opened={asking}
        close={() => setAsking(false)}
        title={`Remove ${what}`}
        verb="Remove it"
        danger
        act={remove}
      >
        <p className="fm-sentence">{children}</p>
      </Confirm>
    </Card>
  )
}
