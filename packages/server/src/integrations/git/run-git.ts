/**
 * Running the git program: arguments as an array, an environment of our own, no questions, no
 * configuration of the machine, and an end by force when it takes too long.
 */
import { spawn } from 'node:child_process'

/** Where programs are, on Linux and macOS. The server's own environment is not passed on. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin'
const MOST_OUTPUT_BYTES = 1_048_576

export interface GitCall {
  readonly args: readonly string[]
  /** Working directory, and home of the process. */
  readonly folder: string
  readonly protocols: readonly string[]
  readonly timeoutMs: number
}

export type GitResult =
  | { readonly kind: 'ended'; readonly code: number; readonly out: string; readonly error: string }
  | { readonly kind: 'failed'; readonly why: string }

/** Runs git once. */
export function runGit({ args, folder, protocols, timeoutMs }: GitCall): Promise<GitResult> {
  return new Promise((fulfil) => {
    const git = spawn('git', [...args], {
      cwd: folder,
      // A group of its own: its helpers end with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH,
        HOME: folder,
        LC_ALL: 'C',
        GIT_TERMINAL_PROMPT: '0',
        GIT_ASKPASS: 'false',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_ALLOW_PROTOCOL: protocols.join(':'),
      },
    })
    const end = () => {
      if (git.pid === undefined) return
      try {
        process.kill(-git.pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    let why: string | undefined
    const timer = setTimeout(() => {
      why = 'git took too long'
      end()
    }, timeoutMs)
    const [out, error] = [git.stdout, git.stderr].map((stream) => {
      const parts: Buffer[] = []
      let bytes = 0
      stream.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes <= MOST_OUTPUT_BYTES) return void parts.push(part)
        why = 'git said more than is read'
        end()
      })
      return parts
    })
    git.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      fulfil({ kind: 'failed', why: cause.code === 'ENOENT' ? 'git is not installed' : 'git cannot be run' })
    })
    git.on('close', (code) => {
      clearTimeout(timer)
      if (why !== undefined) return fulfil({ kind: 'failed', why })
      const [text, errors] = [out, error].map((parts) => Buffer.concat(parts ?? []).toString('utf8'))
      fulfil({ kind: 'ended', code: code ?? -1, out: text ?? '', error: errors ?? '' })
    })
  })
}
