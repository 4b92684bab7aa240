/**
 * The local PostgreSQL: real, started from npm's binaries, in the data directory.
 *
 * It runs as a process of its own and outlives a server that is killed. The next server adopts a
 * healthy one and restarts a dead one; so does a running server whose PostgreSQL dies. The server that holds the lock inside of it owns it; a second
 * one on the same data directory is refused. A normal stop stops it.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import type { Log } from '../context.ts'
import { StartFailure } from '../start-failure.ts'
import { findBinaries } from './embedded/binaries.ts'
import type { Binaries } from './embedded/binaries.ts'
import { initialise } from './embedded/cluster.ts'
import { takeOwnership } from './embedded/ownership.ts'
import type { Ownership } from './embedded/ownership.ts'
import { placeFor } from './embedded/place.ts'
import type { Place } from './embedded/place.ts'
import { adopt, start, stop } from './embedded/process.ts'

export interface Embedded {
  /** How to connect: through a Unix socket that only this user can reach. */
  readonly url: string
  /** Fast shutdown: open transactions are rolled back, everything committed is kept. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  readonly dataDir: string
  readonly log: Log
  /** More settings of postgresql.conf, for tests. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Between two attempts to bring back a PostgreSQL that died. */
const RETRY_MS = 500

/** Starts it, or adopts the one that runs. Throws a StartFailure for what the operator can put right. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const place = await placeFor(options.dataDir, options.log)
  const binaries = await findBinaries(place, options.log)
  await initialise(place, binaries)
  const cluster = { place, binaries, options }

  const stopping = new AbortController()
  const watching = keepRunning(cluster, await claim(cluster), stopping.signal)
  return {
    url: place.url,
    async stop() {
      stopping.abort()
      await watching
      await stop(place)
    },
  }
}

interface Cluster {
  readonly place: Place
  readonly binaries: Binaries
  readonly options: EmbeddedOptions
}

/** Makes it run and takes it; a StartFailure when another server has it. */
async function claim({ place, binaries, options }: Cluster): Promise<Ownership> {
  for (let attempt = 1; ; attempt++) {
    if (await adopt(place)) {
      options.log.info({ place: place.root }, 'adopted the local PostgreSQL that was running')
    } else {
      await start(place, binaries, options.settings ?? {})
    }
    const ownership = await takeOwnership(place, options.dataDir)
    if (ownership !== undefined) return ownership
    // It was stopped between adopting and asking: the server that owned it is on its way out.
    if (attempt === 3) throw new StartFailure(`The local PostgreSQL in ${place.root} keeps stopping.`)
  }
}

/** Brings it back when it dies, until the signal aborts; then the ownership is given up. */
async function keepRunning(cluster: Cluster, first: Ownership, signal: AbortSignal): Promise<void> {
  const { log } = cluster.options
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  let ownership = first
  for (;;) {
    await Promise.race([ownership.lost, aborted])
    if (signal.aborted) return await ownership.release()
    log.warn({ place: cluster.place.root }, 'the local PostgreSQL is gone; starting it again')
    try {
      ownership = await claim(cluster)
    } catch (error) {
      log.error({ err: error }, 'the local PostgreSQL cannot be started again')
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}
