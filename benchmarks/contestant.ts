/**
 * One process, one subject: loads it, checks its answers, then runs the slices that it is told to.
 * Started by `rounds.ts` and `start.ts`, which let one of them work at a time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as tick } from 'node:timers/promises'

import { check } from './checks.ts'
import type { Loops, Turn } from './loop.ts'
import { SUBJECTS } from './subject.ts'
import type { Calls } from './subject.ts'
import { benchUsers, bigSpec, mixedSpec, USERS } from './workload.ts'
import type { Spec, User, Workload } from './workload.ts'

/** What is timed: a workload, or W2 by a flag with arms in a counted request. */
export type Timed = Workload | 'counted'

/** What the parent asks. `slice` is answered with the CPU time of the process per call. */
export type Order =
  | { readonly kind: 'check' | 'warm' | 'slice'; readonly workload: Timed; readonly ms: number }
  | { readonly kind: 'close' }

/** What a contestant says. */
export type Report =
  | { readonly kind: 'ready'; readonly note: string; readonly start: Start }
  | { readonly kind: 'done'; readonly nsPerCall: number; readonly async: boolean }
  | { readonly kind: 'failed'; readonly message: string }

/** W6: from the text to the first answer. */
export interface Start {
  /** CPU time, milliseconds. */
  readonly ms: number
  /** Kept on the heap, megabytes; NaN unless the process was started to measure it. */
  readonly heapMb: number
}

interface Running {
  readonly run: (turn: Turn) => number | Promise<number>
  readonly async: boolean
  /** Where in the ring of users the next slice starts. */
  from: number
  /** The last measurement, from which the next slice's length is worked out. */
  nsPerCall: number
}

const PROBE: User = { key: 'probe', country: 'NL', email: 'x@mail.example', plan: 'pro', version: '2.1.0' }

function report(message: Report): void {
  process.send?.(message)
}

function specOf(flags: string): Spec {
  return flags === 'big' ? bigSpec() : mixedSpec(Number(flags))
}

async function main(name: string, flags: string): Promise<void> {
  const entry = SUBJECTS[name]
  if (entry === undefined) throw new Error(`there is no subject ${name}`)
  const subject = await entry.load()
  const folder = mkdtempSync(join(tmpdir(), 'flagmarshal-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'flags.json')
  // In a box, so that the text itself is not counted as what the SDK keeps.
  const box = { text: JSON.stringify(subject.translate(specOf(flags))) }
  writeFileSync(file, box.text)

  const heapBefore = await heapUsed()
  const before = process.cpuUsage()
  const calls = await subject.load(box.text, file)
  await (flags === 'big' ? calls.w7(PROBE) : calls.w2(PROBE))
  const used = process.cpuUsage(before)
  box.text = ''
  const start = { ms: (used.user + used.system) / 1_000, heapMb: ((await heapUsed()) - heapBefore) / 1e6 }

  listen(calls)
  report({ kind: 'ready', note: subject.note, start })
}

/** After collecting, where the process may collect. */
async function heapUsed(): Promise<number> {
  if (globalThis.gc === undefined) return Number.NaN
  for (let i = 0; i < 5; i++) {
    await tick()
    globalThis.gc()
  }
  return process.memoryUsage().heapUsed
}

function listen(calls: Calls): void {
  let users: readonly User[] | undefined
  const running = new Map<Timed, Running>()
  const obey = async (order: Exclude<Order, { kind: 'close' }>): Promise<Report> => {
    const { kind, workload, ms } = order
    users ??= benchUsers()
    if (kind === 'check') {
      if (workload !== 'counted') await check(workload, calls, users)
      const made = await runningOf(workload, calls, users)
      running.set(workload, made)
      return { kind: 'done', nsPerCall: 0, async: made.async }
    }
    const found = running.get(workload)
    if (found === undefined) throw new Error(`${workload} was not checked`)
    const nsPerCall = await (kind === 'warm' ? warm(found, users, ms) : slice(found, users, ms))
    return { kind: 'done', nsPerCall, async: found.async }
  }
  process.on('message', (order: Order) => {
    if (order.kind === 'close') return void close(calls)
    obey(order).then(report, (error: unknown) => report({ kind: 'failed', message: String(error) }))
  })
}

async function runningOf(workload: Timed, calls: Calls, users: readonly User[]): Promise<Running> {
  const call = callOf(workload, calls)
  const [first = PROBE] = users
  const isAsync = call(first) instanceof Promise
  const { loop, loopAsync }: Loops = await import(`./loop.ts?${workload}`)
  const { inRequest } = calls
  const run = (turn: Turn): number | Promise<number> => (isAsync ? loopAsync(call, turn) : loop(call, turn))
  const scoped =
    workload === 'counted' && inRequest !== undefined ? (turn: Turn) => inRequest(() => run(turn)) : run
  return { run: scoped, async: isAsync, from: 0, nsPerCall: 10_000 }
}

function callOf(workload: Timed, calls: Calls): (user: User) => unknown {
  const byWorkload = {
    W1: calls.w1,
    W2: calls.w2,
    W3: calls.w3,
    W4: calls.w4,
    W5: calls.w5?.call,
    W7: calls.w7,
    counted: calls.counted,
  }
  const call = byWorkload[workload]
  if (call === undefined) throw new Error(`there is no call for ${workload}`)
  return call
}

/** For `ms` at least, then on until it gets no faster, five times as long at most. */
async function warm(running: Running, users: readonly User[], ms: number): Promise<number> {
  const startedAt = performance.now()
  let before = Infinity
  for (;;) {
    const now = await slice(running, users, ms / 6)
    const spent = performance.now() - startedAt
    if (spent > 5 * ms || (spent > ms && now > before * 0.92)) return now
    before = now
    // Whatever the SDK has timers for.
    await tick()
  }
}

async function slice(running: Running, users: readonly User[], ms: number): Promise<number> {
  const calls = Math.max(1, Math.round((ms * 1e6) / running.nsPerCall))
  const before = process.cpuUsage()
  const result = running.run({ users, from: running.from, calls })
  if (typeof result !== 'number') await result
  const used = process.cpuUsage(before)
  running.from = (running.from + calls) % USERS
  // All threads of the process count, the compiler's and the collector's too; neighbours do not.
  running.nsPerCall = Math.max(0.1, ((used.user + used.system) * 1_000) / calls)
  return running.nsPerCall
}

async function close(calls: Calls): Promise<void> {
  await calls.close?.()
  process.exit(0)
}

main(process.argv[2] ?? '', process.argv[3] ?? '').catch((error: unknown) => {
  report({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  process.exitCode = 1
  process.disconnect?.()
})
