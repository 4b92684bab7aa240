/** What a read shows while it waits, when it failed, and once it is there. */
import { Skeleton, Stack } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactElement, ReactNode } from 'react'

import { ErrorView } from './error-view.tsx'

interface LoadedProps<T> {
  readonly read: UseQueryResult<T>
  readonly children: (value: T) => ReactNode
}

export function Loaded<T>({ read, children }: LoadedProps<T>): ReactElement {
  if (read.data !== undefined) return <>{children(read.data)}</>
  if (read.error !== null) return <ErrorView error={read.error} retry={() => void read.refetch()} />
  return (
    <Stack gap="xs" aria-busy="true">
      <span className="fm-hidden" role="status">
        Loading
      </span>
      <Skeleton height={14} width="60%" />
      <Skeleton height={14} />
      <Skeleton height={14} width="80%" />
    </Stack>
  )
}
