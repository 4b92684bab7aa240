/** The button that leaves for the organisation's provider, and comes back to a page of this console. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { carryAway } from './carried.ts'

interface LeaveProps {
  /** What for. */
  readonly to: 'beginSignIn' | 'beginProof' | 'beginConnection'
  /** The page to come back to. */
  readonly page: string
  readonly children: string
  readonly wide?: boolean
  /** What is shown below what went wrong. */
  readonly onError?: (error: Error) => ReactElement | null
}

/** The button that leaves. What goes wrong before is shown below it. */
export function LeaveForProvider({ to, page, children, wide = false, onError }: LeaveProps): ReactElement {
  const begin = useWrite(to)
  const leave = async (): Promise<void> => {
    const begun = await begin.mutateAsync([{ body: { page } }]).catch(() => undefined)
    if (begun === undefined) return
    carryAway(page)
    window.location.assign(begun.address)
  }
  return (
    <>
      <Button
        type="button"
        variant="default"
        fullWidth={wide}
        loading={begin.isPending}
        onClick={() => void leave()}
      >
        {children}
      </Button>
      {begin.error === null ? null : <ErrorView error={begin.error} />}
      {begin.error === null ? null : onError?.(begin.error)}
    </>
  )
}
