/** A secret that the server shows once: to be copied now, and gone with a press or the page. */
import { Button } from '@mantine/core'
import type { ReactElement, ReactNode } from 'react'

import { CopyCommand } from '../ui/copy-command.tsx'
import { Status } from '../ui/status.tsx'

import classes from './settings.module.css'

interface ShownOnceProps {
  /** What it is: `The key of shop, production`. */
  readonly what: string
  readonly secret: string
  /** What happens to it next. */
  readonly children?: ReactNode
  readonly close: () => void
}

export function ShownOnce({ what, secret, children, close }: ShownOnceProps): ReactElement {
  return (
    <div role="status" className={classes['once']}>
      <Status of="hold" word={`${what} is shown once: copy it now`} />
      <CopyCommand command={secret} />
      {children === undefined ? null : <div>{children}</div>}
      <Button variant="default" size="xs" onClick={close}>
        I have it
      </Button>
    </div>
  )
}
