/**
 * The server as a process of its own, for tests that kill it, stop it or must see it refuse to start.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { endWithUs } from './end-with-us.ts'

const MAIN = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))

/** How a process ended, and what it printed. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number
  /** The address that it printed. */
  readonly address: string
  /** What it has printed so far. */
  printed(): string
  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<Ended>
}

export interface ProcessOptions {
  /** `FLAGMARSHAL_*` settings; the port is a free one unless given. */
  readonly settings: Readonly<Record<string, string>>
  /** The working directory: where `flagmarshal.config.yaml` is looked for. */
  readonly cwd: string
  /** Another program than the server's own `main.ts`, which prints its address as that does. */
  readonly program?: string
  /** Variables beside the settings. */
  readonly variables?: Readonly<Record<string, string>>
}

/** Starts it and waits until it says where it listens. Throws with its output when it ends instead. */
export async function startProcess(options: ProcessOptions): Promise<ServerProcess> {
  const child = spawnServer(options)
  const output = collect(child)
  const ended = endOf(child, output)
  const address = await Promise.race([
    output.until(/^Flagmarshal runs at (\S+)$/m),
    ended.then(({ code, stdout, stderr }) => {
      throw new Error(`the server ended with ${code} instead of starting:\n${stdout}\n${stderr}`)
    }),
  ])
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    return await ended
  }
  // A child that printed has a pid.
  const printed = () => `${output.stdout}\n${output.stderr}`
  return {
    pid: child.pid!,
    address,
    printed,
    kill,
    [Symbol.asyncDispose]: async () => void (await kill('SIGTERM')),
  }
}

/** Starts it where it must refuse, and waits for its end. */
export async function runToEnd(options: ProcessOptions): Promise<Ended> {
  const child = spawnServer(options)
  return await endOf(child, collect(child))
}

function spawnServer({ settings, cwd, program = MAIN, variables }: ProcessOptions): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('FLAGMARSHAL_'))
  const child = spawn(process.execPath, [program], {
    cwd,
    env: { ...Object.fromEntries(inherited), FLAGMARSHAL_PORT: '0', ...settings, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithUs(child)
  return child
}

interface Output {
  stdout: string
  stderr: string
  /** The first group of the pattern, once stdout matches it. */
  until(pattern: RegExp): Promise<string>
}

function collect(child: ChildProcess): Output {
  const output: Output = {
    stdout: '',
    stderr: '',
    until: (pattern) =>
      new Promise((resolve) => {
        const look = () => {
          const found = pattern.exec(output.stdout)?.[1]
          if (found !== undefined) resolve(found)
        }
        child.stdout?.on('data', look)
        look()
      }),
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  return output
}

async function endOf(child: ChildProcess, output: Output): Promise<Ended> {
  await once(child, 'close')
  const { exitCode: code, signalCode: signal } = child
  return { code, signal, stdout: output.stdout, stderr: output.stderr }
}
