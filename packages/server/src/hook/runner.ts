/**
 * The loop that carries out runs of hooks, on every server at once: whoever claims a run works on it
 * and renews its claim; what a server that died had in hand is claimed by another one.
 */
import type { Database } from '../storage/database.ts'
import { claimHookRun, HOOK_CHANNEL, renewClaim } from '../storage/hook-runs.ts'
import type { HookRunRow } from '../storage/hook-runs.ts'
import { carryOutHook } from './carry-out.ts'
import type { HookParts } from './carry-out.ts'

/** The longest sleep: an announcement may be lost, and watches are due by the clock. */
const LOOK_EVERY_MS = 1_000
const RENEW_EVERY_MS = 3_000
/** Runs that one server works on at the same time. */
const AT_ONCE = 8

export interface HookRunner {
  /** Begins nothing more, and stops what runs: another server goes on with it. */
  close(): Promise<void>
}

/** Starts the loop; closing it aborts `stopping`, which also ends the requests that are under way. */
export async function startHookRunner(parts: HookParts, stopping: AbortController): Promise<HookRunner> {
  const { database, clock, log } = parts
  const inHand = new Map<string, Promise<void>>()
  let sleeping = new AbortController()
  const wake = () => sleeping.abort()
  const stopListening = await database.listen(HOOK_CHANNEL, wake)
  const running = loop()

  return {
    async close() {
      stopping.abort()
      wake()
      await stopListening()
      await running
      await Promise.all(inHand.values())
    },
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      sleeping = new AbortController()
      try {
        while (inHand.size < AT_ONCE) {
          const row = await claimHookRun(database.kysely)
          if (row === undefined) break
          start(row)
        }
      } catch (error) {
        log.warn({ err: error }, 'looking for runs of hooks failed')
      }
      if (!stopping.signal.aborted) await clock.sleep(LOOK_EVERY_MS, sleeping.signal)
    }
  }

  function start(row: HookRunRow): void {
    const abandoned = new AbortController()
    const working = carryOutHook(parts, row, AbortSignal.any([stopping.signal, abandoned.signal]))
      .catch((error: unknown) => log.error({ err: error, hookRun: row.id }, 'a run of a hook stopped'))
      .finally(() => {
        abandoned.abort()
        inHand.delete(row.id)
        wake()
      })
    inHand.set(row.id, working)
    void keepClaim(database, row.id, abandoned)
  }

  async function keepClaim(of: Database, id: string, until: AbortController): Promise<void> {
    while (!until.signal.aborted) {
      await clock.sleep(RENEW_EVERY_MS, until.signal)
      if (until.signal.aborted) return
      // The database may be away for a moment; whoever takes the run over then is noticed when it is stored.
      await renewClaim(of.kysely, id).catch(() => false)
    }
  }
}
