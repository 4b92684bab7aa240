/**
 * One process, one subject: loads it, checks its answers, then runs the slices that it is told to.
 * Started by `bench.ts`, which lets one of them work at a time.
 */
import type { Loops, Turn } from './loop.ts'
import { SUBJECTS } from './subject.ts'
import type { Answer, Calls } from './subject.ts'
import { benchFlags, benchUsers, USERS } from './workload.ts'
import type { User, Workload } from './workload.ts'

/** What the parent asks: a slice of about `ms`; the answer is the CPU time of the process per call. */
export interface Order {
  readonly workload: Workload
  readonly ms: number
}

/** What a contestant says: that it is ready, the result of an order, or what went wrong. */
export type Report =
  | { readonly kind: 'ready'; readonly async: boolean; readonly note: string }
  | { readonly kind: 'slice'; readonly nsPerCall: number }
  | { readonly kind: 'failed'; readonly message: string }

interface Timed {
  readonly run: (turn: Turn) => number | Promise<number>
  /** Where in the ring of users the next slice starts. */
  from: number
  /** The last measurement, from which the next slice's length is worked out. */
  nsPerCall: number
}

function report(message: Report): void {
  process.send?.(message)
}

async function timed(workload: Workload, call: (user: User) => Answer, isAsync: boolean): Promise<Timed> {
  const { loop, loopAsync }: Loops = await import(`./loop.ts?${workload}`)
  const run = (turn: Turn): number | Promise<number> => (isAsync ? loopAsync(call, turn) : loop(call, turn))
  return { run, from: 0, nsPerCall: 10_000 }
}

async function slice(timed: Timed, users: readonly User[], ms: number): Promise<number> {
  const calls = Math.max(1, Math.round((ms * 1e6) / timed.nsPerCall))
  const before = process.cpuUsage()
  const running = timed.run({ users, from: timed.from, calls })
  if (typeof running !== 'number') await running
  const used = process.cpuUsage(before)
  timed.from = (timed.from + calls) % USERS
  // All threads of the process count, the compiler's and the collector's too; neighbours do not.
  timed.nsPerCall = Math.max(0.1, ((used.user + used.system) * 1_000) / calls)
  return timed.nsPerCall
}

/** Right answers first: a wrong one makes the whole subject fail. */
async function check(calls: Calls, users: readonly User[]): Promise<void> {
  const [first] = users
  if (first === undefined) throw new Error('there are no users')
  for (const flag of benchFlags()) {
    if (flag.kind === 'percentage') continue
    for (const user of users.slice(0, 10)) {
      const expected = flag.kind === 'constant' ? flag.on : flag.countries.includes(user.country)
      if ((await calls.any(flag.key, user)) !== expected) throw new Error(`${flag.key} is not ${expected}`)
    }
  }
  if (!(await calls.W1(first))) throw new Error('W1 is not on')

  const sample = 20_000
  let on = 0
  for (const user of users.slice(0, sample)) {
    const answer = await calls.W2(user)
    if (answer !== (await calls.W2(user))) throw new Error('W2 changes its mind')
    if (answer) on++
  }
  // 4.5 standard deviations of a fair coin.
  const tolerance = 4.5 * Math.sqrt(0.25 / sample)
  if (Math.abs(on / sample - 0.5) > tolerance) throw new Error(`W2 is on for ${on} of ${sample} users`)
}

/** Every flag for a few hundred users, so that the code has seen the whole mix as in an application. */
async function exercise(calls: Calls, users: readonly User[]): Promise<void> {
  const flags = benchFlags()
  for (const user of users.slice(-300)) for (const { key } of flags) await calls.any(key, user)
}

async function main(name: string): Promise<void> {
  const entry = SUBJECTS[name]
  if (entry === undefined) throw new Error(`there is no subject ${name}`)
  const subject = await entry.load()
  const calls = await subject.load(benchFlags())
  const users = benchUsers()
  await check(calls, users)
  await exercise(calls, users)

  const [first] = users
  const isAsync = first !== undefined && typeof calls.W1(first) !== 'boolean'
  const timing = new Map<string, Timed>()
  for (const workload of ['W1', 'W2'] as const) {
    timing.set(workload, await timed(workload, calls[workload], isAsync))
  }
  process.on('message', (order: Order | 'close') => {
    if (order === 'close') return void close(calls)
    const found = timing.get(order.workload)
    if (found === undefined)
      return report({ kind: 'failed', message: `there is no workload ${order.workload}` })
    slice(found, users, order.ms).then(
      (nsPerCall) => report({ kind: 'slice', nsPerCall }),
      (error: unknown) => report({ kind: 'failed', message: String(error) }),
    )
  })
  report({ kind: 'ready', async: isAsync, note: subject.note })
}

async function close(calls: Calls): Promise<void> {
  await calls.close?.()
  process.exit(0)
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  report({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  process.exitCode = 1
  process.disconnect?.()
})
