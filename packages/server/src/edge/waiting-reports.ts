/**
 * Reports and counts on their way to the server, in the order of their arrival, within a bound of
 * bytes. What was taken in is not dropped to make room: when the bound is reached a report is turned
 * away, and the SDK that sent it keeps it and, when it can keep no more, says what it dropped.
 */
import type { Relay } from '@flagmarshal/api/edge'
import type { Exposures } from '@flagmarshal/api/exposure'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { Telemetry } from '@flagmarshal/evaluation'

/** In one relay; as its schema has it. */
const MOST_REPORTS = 200
const MOST_BYTES = 1024 * 1024
/** Different flags that are counted; values asked of others are counted with all flags. */
const MOST_FLAGS = 5_000
/** Flags and variants that pages used, in one relay; the rest waits for the next. */
const MOST_USED = 5_000

/** Refused for now, as `too-many-evaluations` is. */
export interface TurnedAway extends Refusal {
  readonly retryAfterSeconds: number
}

/** What is reported in one relay. */
export type Reports = Pick<Relay, 'reports' | 'asks'>

export interface WaitingReports {
  /** Takes a report in; refused while too much waits. */
  add(report: Telemetry): TurnedAway | undefined
  /** Counts a value asked over OFREP; without a flag, of all. */
  ask(flag?: string): void
  /** Counts what pages used of flags that are there. */
  use(counts: Exposures['counts']): void
  /** What to pass on next; it waits until it is known to have arrived. undefined for nothing. */
  next(): Reports | undefined
  /** The reports that `next` gave have arrived. */
  sent(reports: Reports): void
  /** How much waits, and how many reports were turned away since the start. */
  count(): { readonly reports: number; readonly bytes: number; readonly turnedAway: number }
}

/** Holds up to `capacityBytes` of reports. `run` names this start of the edge. */
export function createWaitingReports(capacityBytes: number, run: string): WaitingReports {
  const queue: { readonly report: Telemetry; readonly bytes: number }[] = []
  let bytes = 0
  let turnedAway = 0
  let counted = new Map<string, number>()
  const used = new Map<string, Exposures['counts'][number]>()
  let batch: Relay['asks']
  let seq = 0

  return {
    add(report) {
      const size = Buffer.byteLength(JSON.stringify(report))
      if (bytes + size > capacityBytes) {
        turnedAway += 1
        return TURNED_AWAY
      }
      queue.push({ report, bytes: size })
      bytes += size
      return undefined
    },
    ask(flag = '') {
      const name = counted.has(flag) || counted.size < MOST_FLAGS ? flag : ''
      counted.set(name, (counted.get(name) ?? 0) + 1)
    },
    use(counts) {
      for (const { flag, variant, n } of counts) {
        const name = JSON.stringify([flag, variant])
        used.set(name, { flag, variant, n: n + (used.get(name)?.n ?? 0) })
      }
    },
    next() {
      // A batch keeps its number until it has arrived: sent twice, it is counted once.
      if (batch === undefined && counted.size + used.size > 0) {
        const counts = [...counted].map(([flag, n]) => ({ flag, n }))
        batch = { run, seq: ++seq, counts, ...takeUsed() }
        counted = new Map()
      }
      if (queue.length === 0 && batch === undefined) return undefined
      return { reports: head(), ...(batch === undefined ? {} : { asks: batch }) }
    },
    sent({ reports }) {
      batch = undefined
      for (const it of queue.splice(0, reports.length)) bytes -= it.bytes
    },
    count: () => ({ reports: queue.length, bytes, turnedAway }),
  }

  function takeUsed(): { readonly used?: NonNullable<Relay['asks']>['used'] & {} } {
    const taken = [...used].slice(0, MOST_USED)
    for (const [name] of taken) used.delete(name)
    return taken.length === 0 ? {} : { used: taken.map(([, it]) => it) }
  }

  /** At least one, however large it is. */
  function head(): Relay['reports'] {
    const reports: Relay['reports'] = []
    let taken = 0
    for (const { report, bytes: size } of queue.slice(0, MOST_REPORTS)) {
      if (reports.length > 0 && taken + size > MOST_BYTES) break
      // Its schema has checked it when it arrived; the engine's type is read-only, the wire's is not.
      reports.push(report as Relay['reports'][number])
      taken += size
    }
    return reports
  }
}

const TURNED_AWAY: TurnedAway = {
  ...refuse(
    'edge-is-full',
    'This edge cannot reach its server and holds as many reports as it may.',
    'SDKs keep the report and try again. Raise FLAGMARSHAL_EDGE_BUFFER_BYTES where outages are long.',
  ),
  retryAfterSeconds: 15,
}
