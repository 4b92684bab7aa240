/** The same by command or API: shown as it would be typed, copied with one press. */
import { useClipboard } from '@mantine/hooks'
import type { ReactElement } from 'react'

import { Icon } from './icons.tsx'

import classes from './copy-command.module.css'

/** A text as one word of a shell, whatever somebody wrote into it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

interface CopyCommandProps {
  readonly command: string
  /** The request that it makes, like `PUT /api/v1/…`. */
  readonly request?: string
}

export function CopyCommand({ command, request }: CopyCommandProps): ReactElement {
  return (
    <div className={classes['commands']}>
      <Line prompt="$" text={command} />
      {request === undefined ? null : <Line prompt="API" text={request} />}
    </div>
  )
}

function Line({ prompt, text }: { readonly prompt: string; readonly text: string }): ReactElement {
  const clipboard = useClipboard({ timeout: 1_500 })
  return (
    <div className={classes['line']}>
      <span className={classes['prompt']} aria-hidden="true">
        {prompt}
      </span>
      <code tabIndex={0}>{text}</code>
      <button type="button" className={classes['copy']} onClick={() => clipboard.copy(text)}>
        <Icon name={clipboard.copied ? 'check' : 'copy'} size={14} />
        <span className="fm-hidden">
          {clipboard.copied ? 'Copied' : `Copy the ${prompt === '$' ? 'command' : 'request'}`}
        </span>
      </button>
    </div>
  )
}
