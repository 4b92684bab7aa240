/**
 * Runs the git program: arguments as a list and never through a shell, a bare environment that holds
 * none of the server's secrets, a limit of time and of output, and no question to a terminal.
 */
import { spawn } from 'node:child_process'
import os from 'node:os'

/** What git may say at most; the largest thing it is asked for is a runbook. */
const MOST_BYTES = 16 * 1024 * 1024

const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  HOME: os.homedir(),
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'true',
  GIT_ALLOW_PROTOCOL: 'file:http:https:ssh',
  GIT_CONFIG_NOSYSTEM: '1',
} as const

export interface GitCall {
  /** The bare repository that it works in. */
  readonly repository: string
  readonly args: readonly string[]
  readonly input?: Buffer
  readonly timeoutMs?: number
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined
}

export interface GitAnswer {
  /** 0 is success; -1 where git did not run to its end. */
  readonly code: number
  readonly out: Buffer
  /** What it complained of, without anything that could be a password. */
  readonly why: string
}

/** Runs one command. Never throws for what git answers. */
export function git({ repository, args, input, timeoutMs = 30_000, signal }: GitCall): Promise<GitAnswer> {
  const fixed = ['--git-dir', repository, '-c', 'gc.auto=0', '-c', 'core.hooksPath=/dev/null']
  return new Promise((resolve) => {
    // A group of its own: ending it ends what git has started too.
    const child = spawn('git', [...fixed, ...args], { env: ENVIRONMENT, detached: true, stdio: 'pipe' })
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    let bytes = 0
    let stopped: string | undefined
    const stop = (why: string) => {
      stopped ??= why
      if (child.pid !== undefined) killGroup(child.pid)
    }
    const timer = setTimeout(() => stop(`git took longer than ${timeoutMs / 1000} s`), timeoutMs)
    const stopEarly = () => stop('the server stops')
    signal?.addEventListener('abort', stopEarly)
    if (signal?.aborted === true) stopEarly()
    const ended = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stopEarly)
    }
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_BYTES) return stop('git answered more than 16 MiB')
      into.push(chunk)
    }
    child.stdout.on('data', keep(out))
    child.stderr.on('data', keep(err))
    child.on('error', (error: NodeJS.ErrnoException) => {
      ended()
      const why = error.code === 'ENOENT' ? 'the program git is not installed' : 'git cannot be started'
      resolve({ code: -1, out: Buffer.alloc(0), why })
    })
    child.on('close', (code) => {
      ended()
      const why = stopped ?? complaint(Buffer.concat(err).toString('utf8'))
      resolve({ code: stopped === undefined ? (code ?? -1) : -1, out: Buffer.concat(out), why })
    })
    // Git may end before it has read everything; its answer says why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** The line that says most, without user names and passwords in addresses. */
function complaint(text: string): string {
  const lines = text.split('\n').filter((it) => it.trim() !== '')
  const line =
    lines.find((it) => /^(fatal|error|remote: error|ssh):/.test(it)) ?? lines.at(-1) ?? 'git said nothing'
  return line.replaceAll(/\/\/[^/@\s]*@/g, '//').slice(0, 300)
}
