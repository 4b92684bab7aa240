/**
 * Passing on what clients said. Acknowledgements and signs of life have a lane of their own, so that a
 * kill is not confirmed late because counts are on their way.
 */
import type { Relay } from '@flagmarshal/api/edge'
import { isFinal } from '@flagmarshal/sdk-server/acknowledge'
import { post } from '@flagmarshal/sdk-server/endpoint'
import type { Failure, Reach } from '@flagmarshal/sdk-server/endpoint'

import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import { openLane } from './lane.ts'
import { createWaitingReports } from './waiting-reports.ts'
import type { Reports, WaitingReports } from './waiting-reports.ts'
import { createWaitingSigns } from './waiting-signs.ts'
import type { Signs, WaitingSigns } from './waiting-signs.ts'

/** Between two signs of life of the edge itself. */
const STATUS_MS = 5_000
/** How long signs of life of instances wait for each other. Acknowledgements do not. */
const SIGNS_MS = 1_000
/** Before counts of values that were asked are passed on. */
const COUNTS_MS = 2_000
/** How long an edge that ends tries to pass on what waits. */
const FAREWELL_MS = 3_000

/** What an edge says of itself with its name. */
export type EdgeName = Relay['edge']

type Status = NonNullable<Relay['status']>

/** What a relay is made of. */
export interface RelayParts {
  readonly reach: Reach
  readonly edge: EdgeName
  /** Names this start of the edge. */
  readonly run: string
  readonly capacityBytes: number
  readonly clock: Clock
  readonly log: Log
  /** Undefined until something is served. */
  readonly status: () => Pick<Status, 'revision' | 'streams' | 'browserStreams'> | undefined
}

export interface Relaying {
  readonly note: (instance: string, sign: Parameters<WaitingSigns['note']>[1]) => void
  readonly acknowledge: (acknowledgement: Parameters<WaitingSigns['acknowledge']>[0]) => void
  readonly report: WaitingReports['add']
  readonly ask: WaitingReports['ask']
  readonly use: WaitingReports['use']
  readonly count: WaitingReports['count']
  /** The server may have missed something: it is told who is here. */
  again(): void
  /** Says what is left and that this edge ends. */
  close(): Promise<void>
}

/** Starts to pass on. */
export function openRelay(parts: RelayParts): Relaying {
  const { clock, log } = parts
  const waiting = createWaitingSigns()
  const reports = createWaitingReports(parts.capacityBytes, parts.run)
  let leaving = false
  let statusAt = -STATUS_MS
  let wasFull = false

  const signLane = openLane<Signs & { readonly status?: Status }>(
    {
      next() {
        const status = statusNow()
        const signs = waiting.take(clock.now())
        const silent = signs.signs.length + signs.acknowledgements.length === 0
        if (silent && status === undefined) return undefined
        return { ...signs, ...(status === undefined ? {} : { status }) }
      },
      send: (message, signal) => tell({ ...NOTHING, ...message }, signal),
      sent({ status }) {
        if (status === undefined) return
        statusAt = clock.now().getTime()
      },
      failed(message, failure) {
        if (isFinal(statusOf(failure))) log.error({ why: failure }, 'the server rejected what an edge said')
        else waiting.putBack(message)
      },
    },
    SIGNS_MS,
  )
  const reportLane = openLane<Reports>(
    {
      next: () => reports.next(),
      send: (message, signal) => tell({ ...NOTHING, ...message }, signal),
      sent(message) {
        reports.sent(message)
        wasFull = false
      },
      failed(message, failure) {
        if (!isFinal(statusOf(failure))) return
        log.error({ why: failure, reports: message.reports.length }, 'the server rejected reports: dropped')
        reports.sent(message)
      },
    },
    COUNTS_MS,
  )

  return {
    note: (instance, sign) => waiting.note(instance, sign, clock.now()),
    acknowledge(acknowledgement) {
      waiting.acknowledge(acknowledgement, clock.now())
      signLane.wake()
    },
    report(report) {
      const refusal = reports.add(report)
      if (refusal === undefined) reportLane.wake()
      else if (!wasFull)
        log.warn(reports.count(), 'too many reports wait for the server: more are turned away')
      wasFull ||= refusal !== undefined
      return refusal
    },
    ask: (flag) => reports.ask(flag),
    use: (counts) => reports.use(counts),
    count: () => reports.count(),
    again() {
      waiting.again()
      statusAt = -STATUS_MS
      signLane.wake()
    },
    async close() {
      await reportLane.close(FAREWELL_MS)
      leaving = true
      statusAt = -STATUS_MS
      await signLane.close(FAREWELL_MS)
      const left = reports.count()
      if (left.reports > 0) log.warn(left, 'the edge ends with reports that its server did not get: dropped')
    },
  }

  function statusNow(): Status | undefined {
    const status = parts.status()
    if (status === undefined || clock.now().getTime() - statusAt < STATUS_MS) return undefined
    const { reports: buffered, turnedAway } = reports.count()
    return { ...status, buffered, turnedAway, ...(leaving ? { leaving } : {}) }
  }

  function tell(message: Omit<Relay, 'edge'>, signal: AbortSignal): Promise<Failure | undefined> {
    return post(parts.reach, '/relay', { edge: parts.edge, ...message } satisfies Relay, signal)
  }
}

const NOTHING = { signs: [], acknowledgements: [], reports: [] } satisfies Omit<Relay, 'edge'>

function statusOf(failure: Failure): number | undefined {
  return failure.kind === 'refused' ? undefined : failure.status
}
