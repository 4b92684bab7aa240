/**
 * Hooks that are programs of this machine: only those that the operator's settings list, with arguments
 * as an array and no shell, an environment of our own, and an end by force when the time is over.
 */
import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import path from 'node:path'

import type { AskHook, HookCall } from '../interfaces.ts'
import { jsonOf } from './http.ts'

export interface CommandAction {
  readonly kind: 'command'
  readonly program: string
  readonly args: readonly string[]
}

/** Where programs are, on Linux and macOS. The server's own environment is not passed on. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin'
const MOST_OUTPUT_BYTES = 65_536
const SAID = 300
/** A program that was asked to end is ended by force after this time. */
const GRACE_MS = 2_000

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly error: string
  readonly why?: string
}

/** Starts a program of the list; what it prints last is its answer. */
export function commandHook(programs: readonly string[]): AskHook<CommandAction> {
  const listed = new Set(programs)
  return async (call) => {
    const { action, phase } = call
    if (!listed.has(action.program)) {
      const why = `${action.program} is not in the operator's list (FLAGMARSHAL_HOOK_PROGRAMS)`
      return { kind: 'failed', why }
    }
    if (!(await isExecutable(action.program))) {
      return { kind: 'failed', why: `${action.program} is no program that can be started` }
    }
    const told = action.args.some((it) => it.includes('dry-run'))
    if (phase === 'dry-run' && !told) {
      return { kind: 'done', said: 'it could be started; without {phase} in its arguments it was not' }
    }
    const { code, out, error, why } = await run(call)
    if (call.stopping.aborted) return { kind: 'stopped' }
    if (why !== undefined) return { kind: 'failed', why }
    const last = lastLine(out)
    if (code !== 0) {
      const words = hide(lastLine(error) || last, call.secret)
      return { kind: 'failed', why: `it ended with ${code}${words === '' ? '' : `: ${words}`}` }
    }
    const result = jsonOf(last)
    return {
      kind: 'done',
      said: hide(result === undefined ? last : '', call.secret) || 'it ended with 0',
      result,
    }
  }
}

function run(call: HookCall<CommandAction>): Promise<Ended> {
  const { program, args } = call.action
  return new Promise((fulfil) => {
    const child = spawn(program, [...args], {
      cwd: path.dirname(program),
      // A group of its own: what it starts ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH, LC_ALL: 'C', ...environmentOf(call) },
    })
    const parts = { out: '', error: '' }
    let why: string | undefined
    const kill = (signal: NodeJS.Signals) => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, signal)
      } catch {
        // It has ended meanwhile.
      }
    }
    const stop = () => {
      kill('SIGTERM')
      setTimeout(() => kill('SIGKILL'), GRACE_MS).unref()
    }
    const timer = setTimeout(() => {
      why = 'it took longer than its time budget'
      stop()
    }, call.left())
    call.stopping.addEventListener('abort', stop)
    child.stdout.on(
      'data',
      (part: Buffer) => (parts.out = (parts.out + part.toString()).slice(-MOST_OUTPUT_BYTES)),
    )
    child.stderr.on(
      'data',
      (part: Buffer) => (parts.error = (parts.error + part.toString()).slice(-MOST_OUTPUT_BYTES)),
    )
    const end = (code: number | null, fault?: string) => {
      clearTimeout(timer)
      call.stopping.removeEventListener('abort', stop)
      const reason = why ?? fault
      fulfil({ code, ...parts, ...(reason === undefined ? {} : { why: reason }) })
    }
    child.on('error', () => end(null, 'it could not be started'))
    child.on('close', (code) => end(code))
  })
}

/** HOOK_PHASE, HOOK_KEY, HOOK_VERSION and so on, and HOOK_SECRET where there is one. */
function environmentOf({
  phase,
  key,
  id,
  repeated,
  values,
  secret,
}: HookCall<unknown>): Record<string, string> {
  const told = Object.entries(values).map(([name, value]) => [`HOOK_${name.toUpperCase()}`, value])
  return {
    ...Object.fromEntries(told),
    HOOK_PHASE: phase,
    HOOK_KEY: key,
    HOOK_ID: id,
    HOOK_REPEATED: repeated ? '1' : '0',
    ...(secret === undefined ? {} : { HOOK_SECRET: secret }),
  }
}

async function isExecutable(program: string): Promise<boolean> {
  return await access(program, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 4_000) ?? ''
}

function hide(text: string, secret: string | undefined): string {
  const shown = secret === undefined || secret === '' ? text : text.replaceAll(secret, '…')
  return shown.slice(0, SAID)
}
