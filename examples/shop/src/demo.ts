/**
 * `npm run demo`: the main job on real traffic. Starts the server on a throw-away database, the
 * shop and its shoppers; takes one good and one bad feature through the procedure and their
 * rollouts; ends with 0 only if the good one reached everybody and the bad one was rolled back.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { DemoFailure } from './demo/failure.ts'
import { printTo } from './demo/output.ts'
import { perform } from './demo/perform.ts'
import type { ReachedServer } from './demo/server.ts'
import { StartFailure } from './process/child.ts'

const USAGE = `npm run demo [-- --speed N] [--keep] [--into URL]
  --speed N  divides the times that only wait by N (0.1 to 10; 1 unless given)
  --keep     leaves everything running afterwards, until Ctrl-C
  --into URL plays it on a server that runs, to be watched in its console; with the administrator's token of
             FLAGMARSHAL_TOKEN, or of .flagmarshal/bootstrap-token`

const options = readOptions()
const output = printTo(process.stdout)
const running = new AsyncDisposableStack()
let ending: Promise<void> | undefined
let shown = false

process.on('SIGINT', () => interrupt(130))
process.on('SIGTERM', () => interrupt(143))
process.on('SIGHUP', () => interrupt(129))
process.on('uncaughtException', (error) => void fail(error))

try {
  await perform({ ...options, output, running })
  shown = true
  if (!options.keep) await end(0)
} catch (error) {
  await fail(error)
}

function interrupt(code: number): void {
  if (ending === undefined) output.line('Stopping everything …')
  void end(shown ? 0 : code)
}

async function fail(error: unknown): Promise<void> {
  // What falls over while everything is being stopped is no news.
  if (ending !== undefined) return
  const plain = error instanceof DemoFailure || error instanceof StartFailure
  output.line(plain ? error.message : `Something unexpected happened: ${String(error)}`, 'bad')
  if (!plain) console.error(error)
  await end(1)
}

/** Stops whatever runs and ends. A second time, at once. */
async function end(code: number): Promise<void> {
  if (ending !== undefined) return process.exit(code)
  ending = running.disposeAsync().catch((error: unknown) => console.error(error))
  await ending
  process.exit(code)
}

function readOptions(): { speed: number; keep: boolean; into?: ReachedServer } {
  try {
    const { values } = parseArgs({
      options: {
        speed: { type: 'string', default: '1' },
        keep: { type: 'boolean', default: false },
        into: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    const speed = Number(values.speed)
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    if (!(speed >= 0.1 && speed <= 10)) throw new Error('--speed takes a number from 0.1 to 10')
    if (values.into === undefined) return { speed, keep: values.keep }
    return { speed, keep: values.keep, into: { url: new URL(values.into).origin, token: tokenOf() } }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    process.exit(2)
  }
}

/** Of an administrator of the server that the demo is played on. */
function tokenOf(): string {
  const given = process.env['FLAGMARSHAL_TOKEN']
  if (given !== undefined) return given
  const file = join(import.meta.dirname, '..', '..', '..', '.flagmarshal', 'bootstrap-token')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw new Error('--into needs the administrator’s token: export FLAGMARSHAL_TOKEN')
  }
}
