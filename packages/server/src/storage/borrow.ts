/**
 * The database for a program beside the server: the one that the settings name; or the local one, as it
 * runs, or started for as long as the program needs it.
 */
import type { Config } from '../config.ts'
import type { Log } from '../context.ts'
import { startEmbedded } from './embedded.ts'
import { placeFor } from './embedded/place.ts'
import { adopt } from './embedded/process.ts'

/** Where it is, and what gives it back. Throws a StartFailure where there is none. */
export async function borrowDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  log: Log,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const nothing = () => Promise.resolve()
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, close: nothing }
  const place = await placeFor(config.dataDir, log)
  if (await adopt(place)) return { url: place.url, close: nothing }
  const embedded = await startEmbedded({ dataDir: config.dataDir, log })
  return { url: embedded.url, close: () => embedded.stop() }
}
