/** What an answer means for a delivery, where the receiver's own rules say nothing else. */
import { retryAfterMs } from '@flagmarshal/domain/signal/retry'

import type { OutgoingResult, Sent } from '../interfaces.ts'

/** Statuses by which a receiver says that it is gone for good. */
const GONE = [410]

/** 2xx is delivered, 410 (or another of `gone`) ends the channel, the rest is tried again. */
export function outcomeOf(result: OutgoingResult, now: Date, gone: readonly number[] = GONE): Sent {
  if (result.kind === 'refused') return { kind: 'rejected', why: result.why }
  if (result.kind === 'failed') return { kind: 'failed', why: result.why }
  const { status, headers } = result
  const why = `it answered ${status}`
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (gone.includes(status)) return { kind: 'gone', why }
  const afterMs = retryAfterMs(headers['retry-after'], now)
  return { kind: 'failed', why, ...(afterMs === undefined ? {} : { afterMs }) }
}
