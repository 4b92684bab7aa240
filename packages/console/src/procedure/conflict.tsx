/** Somebody else has saved what is being written here: in what theirs differs, and a way to take it. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { Status } from '../ui/status.tsx'

import classes from './feature.module.css'

interface ConflictProps {
  readonly fields: readonly string[]
  readonly take: () => void
}

export function Conflict({ fields, take }: ConflictProps): ReactElement {
  return (
    <div role="alert" className={classes['conflict']}>
      <Status of="hold" word="Somebody else has saved this step since you began" />
      <p>
        {fields.length === 0
          ? 'What they saved is the same as yours.'
          : `Theirs differs from yours in: ${fields.join(', ')}.`}
      </p>
      <Button variant="default" size="xs" onClick={take}>
        Take theirs
      </Button>
    </div>
  )
}
