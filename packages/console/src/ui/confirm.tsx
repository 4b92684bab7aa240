/** Asks before an act, with its numbers: what happens to whom, never "are you sure". */
import { Button, Group, Modal, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'

import { useCarried } from '../access/carried.ts'
import { JustProved } from '../access/prove.tsx'
import { ErrorView } from './error-view.tsx'

interface ConfirmProps {
  readonly opened: boolean
  readonly close: () => void
  /** What is done, as a verb: `Roll back checkout-v2`. */
  readonly title: string
  /** What it means, with numbers: `1,240 users lose checkout-v2.` */
  readonly children: ReactNode
  /** The verb on the button. */
  readonly verb: string
  readonly danger?: boolean
  /** The label of the reason, where one must be given. */
  readonly reason?: string
  readonly act: (reason: string) => Promise<unknown>
}

export function Confirm(props: ConfirmProps): ReactElement {
  const { opened, close, title, children, verb, danger = false, reason, act } = props
  const written = `reason: ${title}`
  const [text, setText] = useCarried(opened ? written : undefined, '')
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false })
  const carryOut = async (): Promise<void> => {
    setState({ busy: true })
    try {
      await act(text)
      setState({ busy: false })
      close()
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <Modal opened={opened} onClose={close} title={title} centered>
      <Stack gap="md">
        <div>{children}</div>
        {reason === undefined ? null : (
          <Textarea
            label={reason}
            required
            data-autofocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        {state.error === undefined ? <JustProved of={written} /> : <ErrorView error={state.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Leave it
          </Button>
          <Button
            {...(danger ? { color: '#c92a2a' } : {})}
            loading={state.busy}
            disabled={reason !== undefined && text.trim() === ''}
            onClick={() => void carryOut()}
          >
            {verb}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
