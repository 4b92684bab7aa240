/**
 * The program: settings → app → listen → signals.
 */
import { createApp } from './app.ts'
import type { App } from './app.ts'
import { readConfig } from './config.ts'
import { greeting } from './greeting.ts'
import { StartFailure } from './start-failure.ts'

/** A second signal, or this long a stop, ends the process at once. */
const STOP_MS = 20_000

let app: App | undefined
try {
  const config = readConfig()
  app = await createApp(config)
  const address = await app.listen()
  stopOnSignals(app)
  console.log(greeting(config.publicUrl ?? address, app))
} catch (error) {
  await app?.close().catch(() => undefined)
  console.error(error instanceof StartFailure ? `flagmarshal: ${error.message}` : error)
  process.exit(1)
}

function stopOnSignals(running: App): void {
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
