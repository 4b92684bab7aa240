/** Beginning to listen and coming to an end, the same for a server and an edge. */
import type { Config } from './config.ts'
import { StartFailure } from './start-failure.ts'

/**
 * Connections that wait to be taken up while the process is busy; the system may allow fewer. After an
 * outage all SDKs come at once, and with Node's own 511 some of 2,048 were dropped.
 */
const BACKLOG = 4_096

/** Starts to listen; returns the address. Throws a StartFailure for what the operator can put right. */
export async function listenOn(
  config: Pick<Config, 'host' | 'port'>,
  start: (at: { host: string; port: number; backlog: number }) => Promise<string>,
): Promise<string> {
  const { host, port } = config
  try {
    return await start({ host, port, backlog: BACKLOG })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const sentences: Readonly<Record<string, string>> = {
      EADDRINUSE: `Port ${port} of ${host} is taken by another program: stop it, or set FLAGMARSHAL_PORT.`,
      EACCES: `This user may not listen on port ${port}: set FLAGMARSHAL_PORT to one above 1023.`,
      EADDRNOTAVAIL: `${host} is no address of this machine: set FLAGMARSHAL_HOST.`,
      ENOTFOUND: `${host} is no known host: set FLAGMARSHAL_HOST.`,
    }
    const sentence = sentences[String(code)]
    throw sentence === undefined ? error : new StartFailure(sentence, { cause: error })
  }
}

/** Closes in the opposite order of opening; one failure does not keep the rest open. */
export async function closeAll(closing: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closing.toReversed()) await close().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, 'closing the app')
}

/** The same work, however often it is asked for. */
export function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => (running ??= work())
}
