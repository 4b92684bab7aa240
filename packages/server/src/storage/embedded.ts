/**
 * The local PostgreSQL: real, started from npm's binaries, in the data directory.
 *
 * It runs as a process of its own and outlives a server that is killed. The next server adopts a
 * healthy one and restarts a dead one. The server that holds the lock inside of it owns it; a second
 * one on the same data directory is refused. A normal stop stops it.
 */
import { mkdir } from 'node:fs/promises'

import type { Log } from '../context.ts'
import { StartFailure } from '../start-failure.ts'
import { findBinaries } from './embedded/binaries.ts'
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

/** Starts it, or adopts the one that runs. Throws a StartFailure for what the operator can put right. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { log, settings = {} } = options
  const place = await placeFor(options.dataDir, log)
  const binaries = await findBinaries(place, log)
  await mkdir(place.socket, { recursive: true, mode: 0o700 })
  await initialise(place, binaries)

  for (let attempt = 1; ; attempt++) {
    const adopted = await adopt(place)
    if (adopted) log.info({ place: place.root }, 'adopted the local PostgreSQL that was running')
    else await start(place, binaries, settings)
    const ownership = await takeOwnership(place, options.dataDir)
    if (ownership !== undefined) return running(place, ownership)
    // It was stopped between adopting and asking: the server that owned it is on its way out.
    if (attempt === 3) throw new StartFailure(`The local PostgreSQL in ${place.root} keeps stopping.`)
  }
}

function running(place: Place, ownership: Ownership): Embedded {
  return {
    url: place.url,
    async stop() {
      await stop(place)
      await ownership.release()
    },
  }
}
