/** How old what is shown is, honestly: counting seconds, and loud when the server cannot be reached. */
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactElement } from 'react'

import { LIVE_MS } from '../query.ts'
import { Status } from './status.tsx'
import { duration, useNow } from './time-ago.tsx'

/** Older than this, a live view says that it is stale. */
const STALE_MS = 4 * LIVE_MS

type Read = Pick<UseQueryResult, 'dataUpdatedAt' | 'failureCount'>

/** Of several reads, the oldest counts. */
export function Freshness({ of }: { readonly of: readonly Read[] }): ReactElement | null {
  const now = useNow()
  const times = of.map((it) => it.dataUpdatedAt).filter((it) => it > 0)
  if (times.length === 0) return null
  const age = now - Math.min(...times)
  const failing = of.some((it) => it.failureCount > 0)
  if (age > STALE_MS && failing) {
    return <Status of="unknown" word={`Stale: the server last answered ${duration(age)} ago`} />
  }
  return <span className="fm-dim">updated {duration(age)} ago</span>
}
