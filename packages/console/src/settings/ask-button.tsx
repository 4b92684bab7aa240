/** A button in a row that asks first: what goes with the act is said in its dialog, beside the command. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'

interface AskButtonProps {
  /** What is seen on it: `Revoke…`. */
  readonly word: string
  /** What it concerns; its name is the word and this. */
  readonly of: string
  readonly cannot: string | undefined
  readonly title: string
  /** The verb on the button of the dialog. */
  readonly verb: string
  readonly act: () => Promise<unknown>
  readonly command: string
  /** What it means. */
  readonly children: ReactNode
}

export function AskButton(props: AskButtonProps): ReactElement {
  const { word, of, cannot, title, verb, act, command, children } = props
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button
        variant="default"
        size="compact-xs"
        disabled={cannot !== undefined}
        aria-label={`${word} ${of}`}
        onClick={() => setAsking(true)}
      >
        {word}
      </Button>
      <Confirm opened={asking} close={() => setAsking(false)} title={title} verb={verb} danger act={act}>
        <p className="fm-sentence">{children}</p>
        <CopyCommand command={command} />
      </Confirm>
    </>
  )
}
