/**
 * The control loop: looks at each rollout when it is due, on every server at once.
 *
 * There is no leader. It sleeps until the next rollout is due and is woken by the database when a
 * rollout begins or somebody acts. A tick that fails is logged and tried again later, for that
 * rollout alone; a loop that cannot reach the database tries again until it can.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import type { PartState } from '../readiness.ts'
import { ROLLOUT_CHANNEL, selectDue } from '../storage/rollout-schedule.ts'
import { createBackoff } from './backoff.ts'
import { Overtaken } from './carry-out.ts'
import { watchClock } from './clock-watch.ts'
import type { TickParts } from './measure.ts'
import { tickRollout } from './tick.ts'
import type { Ticked } from './tick.ts'

/** The longest sleep: an announcement may be lost. */
const LONGEST_SLEEP_MS = 2_000

/** Rollouts that are ticked at the same time by one server; each takes a connection. */
const AT_ONCE = 4

/** Rollouts looked up at once. */
const LOOKED_UP = 100

/** A loop that has not looked for this long is stuck. */
const STUCK_MS = 30_000

export interface ControllerParts extends TickParts {
  readonly clock: Clock
  readonly log: Log
  /** Told of each tick: how long after its time it began, in ms, and what came of it. */
  readonly ticked?: (lateMs: number, result: Ticked | 'failed') => void
}

export interface Controller {
  /** Whether the loop still looks. */
  state(): PartState
  /** Begins no further tick and waits for those that run. */
  close(): Promise<void>
}

/** Starts the loop. */
export async function startController(parts: ControllerParts): Promise<Controller> {
  const { database, clock, log } = parts
  const stopping = new AbortController()
  const backoff = createBackoff(clock)
  const watch = watchClock(log)
  const busy = new Map<string, Promise<void>>()
  let wake = new AbortController()
  let lookedAt = clock.now()
  let problem: string | undefined

  const stopListening = await database.listen(ROLLOUT_CHANNEL, () => wake.abort())
  const running = loop()

  return {
    state() {
      const silentMs = clock.now().getTime() - lookedAt.getTime()
      const ok = problem === undefined && silentMs < STUCK_MS
      return {
        ok,
        lookedMsAgo: silentMs,
        failing: backoff.failing(),
        ...(problem === undefined ? {} : { problem }),
      }
    },
    async close() {
      stopping.abort()
      await stopListening()
      await running
      await Promise.all(busy.values())
    },
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController()
      const waitMs = await look()
      await clock.sleep(waitMs, AbortSignal.any([stopping.signal, wake.signal]))
    }
  }

  /** Starts what is due; answers how long nothing else will be. */
  async function look(): Promise<number> {
    try {
      const except = [...busy.keys(), ...backoff.waiting()]
      const { now, due } = await selectDue(database.kysely, except, LOOKED_UP)
      watch.saw(now)
      lookedAt = clock.now()
      problem = undefined
      let waitMs = Math.min(LONGEST_SLEEP_MS, backoff.soonestMs() ?? LONGEST_SLEEP_MS)
      for (const rollout of due) {
        if (rollout.dueInMs > 0) waitMs = Math.min(waitMs, rollout.dueInMs)
        else if (busy.size < AT_ONCE) start(rollout)
      }
      return Math.max(1, Math.ceil(waitMs))
    } catch (error) {
      problem = 'the rollouts cannot be read'
      log.warn({ err: error }, 'looking for rollouts failed')
      return LONGEST_SLEEP_MS
    }
  }

  function start(rollout: { readonly id: string; readonly project: string; readonly dueInMs: number }): void {
    const running = tickOnce(rollout).finally(() => {
      busy.delete(rollout.id)
      wake.abort()
    })
    busy.set(rollout.id, running)
  }

  async function tickOnce(rollout: {
    readonly id: string
    readonly project: string
    readonly dueInMs: number
  }) {
    try {
      const result = await tickRollout(parts, rollout, log)
      backoff.succeeded(rollout.id)
      parts.ticked?.(-rollout.dueInMs, result)
    } catch (error) {
      // Somebody was faster: the next look sees what they did.
      if (error instanceof Overtaken) return
      const againMs = backoff.failed(rollout.id)
      log.error({ err: error, rollout: rollout.id, againMs }, 'rollout.tick failed')
      parts.ticked?.(-rollout.dueInMs, 'failed')
    }
  }
}
