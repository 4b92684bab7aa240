/**
 * Brings signals to their channels: looks for what is due, claims it, sends it.
 *
 * Any number of servers may do so: the row's lock claims, and a claim ends by itself. A channel that
 * hangs takes a few places and its own order with it, nobody else's; nothing waits for a delivery.
 */
import type { PartState } from '../readiness.ts'
import { claimDeliveries, nextDueMs } from '../storage/deliveries.ts'
import { DELIVERY_CHANNEL } from '../storage/outbox.ts'
import { ATTEMPT_MS, attemptDelivery } from './attempt.ts'
import type { SignalParts } from './attempt.ts'

/** The longest sleep: an announcement may be lost. */
const LONGEST_SLEEP_MS = 5_000

/** Deliveries in flight on one server, and of one channel on all servers. */
const [AT_ONCE, PER_CHANNEL] = [64, 4]

/** How long a claim lasts beyond the longest attempt. */
const GRACE_MS = 5_000

export interface Dispatcher {
  /** Whether the loop still looks, and how many deliveries are in flight. */
  state(): PartState
  /** Claims nothing more, waits a little for what is in flight, and abandons the rest to the next start. */
  close(): Promise<void>
}

/** How long a stop waits for what is in flight, and then for its end once it is abandoned. */
const [PATIENCE_MS, FAREWELL_MS] = [2_000, 1_000]

/** Starts the loop; `abandon` ends the requests that are under way. */
export async function startDispatcher(parts: SignalParts, abandon: () => void): Promise<Dispatcher> {
  const { database, clock, log } = parts
  const stopping = new AbortController()
  const inFlight = new Set<Promise<void>>()
  let sleeping = new AbortController()
  let woken = false
  let problem: string | undefined

  const wake = () => {
    woken = true
    sleeping.abort()
  }
  const stopListening = await database.listen(DELIVERY_CHANNEL, wake)
  const running = loop()

  return {
    state: () => ({
      ok: problem === undefined,
      inFlight: inFlight.size,
      ...(problem === undefined ? {} : { problem }),
    }),
    async close() {
      stopping.abort()
      wake()
      await stopListening()
      await running
      await settledWithin(PATIENCE_MS)
      abandon()
      await settledWithin(FAREWELL_MS)
    },
  }

  async function settledWithin(ms: number): Promise<void> {
    const waiting = new AbortController()
    const all = Promise.all(inFlight).finally(() => waiting.abort())
    await Promise.race([all, clock.sleep(ms, waiting.signal)])
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = false
      sleeping = new AbortController()
      const waitMs = await look()
      // What was announced while looking may have come too late to be seen.
      if (!woken) await clock.sleep(waitMs, sleeping.signal)
    }
  }

  /** Sends what is due; answers how long nothing else will be. */
  async function look(): Promise<number> {
    try {
      const now = clock.now()
      const limit = AT_ONCE - inFlight.size
      if (limit > 0) {
        const until = new Date(now.getTime() + ATTEMPT_MS + GRACE_MS)
        const claimed = await database.transaction((tx) =>
          claimDeliveries(tx, { now, until, limit, perChannel: PER_CHANNEL }),
        )
        for (const it of claimed) start(attemptDelivery(parts, it))
        if (claimed.length === limit) return LONGEST_SLEEP_MS
      }
      problem = undefined
      const dueMs = await nextDueMs(database.kysely, now)
      return Math.min(LONGEST_SLEEP_MS, Math.max(10, dueMs ?? LONGEST_SLEEP_MS))
    } catch (error) {
      problem = 'the deliveries cannot be read'
      log.warn({ err: error }, 'looking for deliveries failed')
      return LONGEST_SLEEP_MS
    }
  }

  function start(attempt: Promise<void>): void {
    const running: Promise<void> = attempt
      .catch((error: unknown) => log.warn({ err: error }, 'a delivery could not be settled'))
      .finally(() => {
        inFlight.delete(running)
        wake()
      })
    inFlight.add(running)
  }
}
