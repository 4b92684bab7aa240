/**
 * The program: settings → app → listen → signals.
 */
import { setFlagsFromString } from 'node:v8'

import { readConfig } from './config.ts'
import type { Config } from './config.ts'
import type { Log } from './context.ts'
import { greetEdge, greeting } from './greeting.ts'
import { StartFailure } from './start-failure.ts'

/** A second signal, or this long a stop, ends the process at once. */
const STOP_MS = 20_000

/** A server or an edge. */
interface Running {
  readonly log: Log
  close(): Promise<void>
}

// What is made while the server starts stays, and V8 would go on to put objects from the same places in the code among
// the old ones: some of every request, which hold others until a long collection (docs/decisions/0046).
setFlagsFromString('--no-allocation-site-pretenuring')

let app: Running | undefined
try {
  const config = readConfig(process.argv.slice(2))
  console.log(config.upstream === undefined ? await startServer(config) : await startEdge(config))
} catch (error) {
  await app?.close().catch(() => undefined)
  console.error(error instanceof StartFailure ? `flagmarshal: ${error.message}` : error)
  process.exit(1)
}

/** Loaded only where it runs: an edge needs neither the database nor the rest of the server. */
async function startServer(config: Config): Promise<string> {
  const { createApp } = await import('./app.ts')
  const server = await createApp(config)
  app = server
  const address = await server.listen()
  stopOnSignals(server)
  return greeting(config.publicUrl ?? address, server)
}

async function startEdge(config: Config): Promise<string> {
  const { createEdge } = await import('./edge/edge.ts')
  const edge = await createEdge(config)
  app = edge
  const address = await edge.listen()
  stopOnSignals(edge)
  return greetEdge(config.publicUrl ?? address, config.upstream ?? '')
}

function stopOnSignals(running: Running): void {
  let stopping = false
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    running.log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), STOP_MS).unref()
    try {
      await running.close()
      process.exit(0)
    } catch (error) {
      running.log.error({ err: error }, 'stopping failed')
      process.exit(1)
    }
  }
  process.on('SIGTERM', (signal) => void stop(signal))
  process.on('SIGINT', (signal) => void stop(signal))
}
