/** A state: icon, word and colour together, so that none of them is needed alone. */
import type { ReactElement } from 'react'

import { Icon } from './icons.tsx'
import { statusVisual } from './status-visual.ts'

import classes from './status.module.css'

interface StatusProps {
  /** A state of the API. */
  readonly of: string
  /** In place of the usual word. */
  readonly word?: string
  /** Only the icon is seen; the word is still read. */
  readonly iconOnly?: boolean
}

export function Status({ of, word, iconOnly = false }: StatusProps): ReactElement {
  const visual = statusVisual(of)
  return (
    <span className={classes['status']} data-tone={visual.tone} data-live={visual.live}>
      <Icon name={visual.icon} size={13} />
      <span className={iconOnly ? 'fm-hidden' : undefined}>{word ?? visual.word}</span>
    </span>
  )
}
