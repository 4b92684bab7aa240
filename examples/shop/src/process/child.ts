/**
 * A program of this repository as a child process that cannot be forgotten: it ends when it is
 * stopped, and by itself when its starter is gone.
 */
import { fork } from 'node:child_process'
import type { ChildProcess, Serializable } from 'node:child_process'

/** What to start. */
export interface ChildOptions {
  /** How messages name it. */
  readonly name: string
  /** Path of the program. */
  readonly program: string
  /** Added to our own environment, of which no FLAGMARSHAL_ setting is passed on: those are meant for other programs. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Gets each line that it prints, from both of its outputs. */
  readonly onLine?: (line: string) => void
  /** Options of Node itself. */
  readonly execArgv?: readonly string[]
}

/** Opened by `startChild`, closed by `stop`. */
export interface Child {
  readonly name: string
  /** The last lines that it printed. */
  said(): readonly string[]
  onMessage(listener: (message: unknown) => void): void
  /** Sends it a message. */
  send(message: Serializable): void
  /** The first message or line for which `pick` answers something. Rejects with a StartFailure when it ends before or `limitMs` passes. */
  first<Result>(pick: Pick<Result>, limitMs: number): Promise<Result>
  /** Settles when it has ended: with how, and its last lines where it failed. */
  readonly ended: Promise<string>
  /** Asks it to end, and ends it after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

export interface Pick<Result> {
  readonly line?: (line: string) => Result | undefined
  readonly message?: (message: unknown) => Result | undefined
}

/** A child ended, or was not ready in time, before it said what was waited for. */
export class StartFailure extends Error {}

const LINES_KEPT = 20

/** Starts a program. */
export function startChild(options: ChildOptions): Child {
  const { name } = options
  const child = fork(options.program, [], {
    env: { ...withoutSettings(process.env), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    execArgv: [...(options.execArgv ?? [])],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const lines: string[] = []
  const listeners = new Set<(line: string) => void>()
  for (const output of [child.stdout, child.stderr]) {
    readLines(output, (line) => {
      lines.push(line)
      if (lines.length > LINES_KEPT) lines.shift()
      options.onLine?.(line)
      for (const listener of listeners) listener(line)
    })
  }
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => {
      const said = code === 0 || lines.length === 0 ? '' : `; it said:\n  ${lines.join('\n  ')}`
      resolve(`${signal === null ? `exit code ${code}` : `signal ${signal}`}${said}`)
    })
  })

  return {
    name,
    ended,
    said: () => lines,
    onMessage: (listener) => void child.on('message', listener),
    send: (message) => void child.send(message),
    first: (pick, limitMs) => first({ name, child, listeners, ended }, pick, limitMs),
    stop: (graceMs = 10_000) => stop(child, ended, graceMs),
  }
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('FLAGMARSHAL_')))
}

interface Running {
  readonly name: string
  readonly child: ChildProcess
  readonly listeners: Set<(line: string) => void>
  readonly ended: Promise<string>
}

async function first<Result>(running: Running, pick: Pick<Result>, limitMs: number): Promise<Result> {
  const { name, child, listeners, ended } = running
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  const take = (result: Result | undefined): void => {
    if (result !== undefined) resolve(result)
  }
  const onLine = (line: string): void => take(pick.line?.(line))
  const onMessage = (message: unknown): void => take(pick.message?.(message))
  const fail = (how: string): void => reject(new StartFailure(`${name} ${how}`))
  const limit = setTimeout(() => fail(`was not ready after ${limitMs / 1000} s`), limitMs)
  void ended.then((how) => fail(`ended (${how})`))
  listeners.add(onLine)
  child.on('message', onMessage)
  try {
    return await promise
  } finally {
    clearTimeout(limit)
    listeners.delete(onLine)
    child.off('message', onMessage)
  }
}

async function stop(child: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
  child.kill('SIGTERM')
  const limit = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await ended
  clearTimeout(limit)
}

function readLines(output: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = ''
  output?.setEncoding('utf8')
  output?.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) if (line !== '') take(line)
  })
}
