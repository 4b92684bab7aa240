/**
 * What the people of the demo try out before anything reaches a customer: the flag in every
 * environment, the alarm, and the quick disable. Staging is a second, smaller shop with connections of
 * its own, and a tester who clicks through it while something is tried there.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { sendTo } from '../shoppers/requests.ts'
import type { Cast } from './cast.ts'
import { DemoFailure, must } from './failure.ts'
import type { Output } from './output.ts'
import { PROJECT } from './set-up.ts'

/** What trying something out needs. */
export interface Trial {
  readonly cast: Cast
  readonly output: Output
  /** Address of the shop in staging; nobody clicks where there is none. */
  readonly staging?: string
  readonly run: string
}

const LIMIT_MS = 30_000
const PATHS = ['/', '/search?q=knife', '/checkout'] as const

/** A verification run of the flag in every environment (P-S2-4, 5, 8, 9, 10). */
export async function verifyFlag({ cast, output, staging, run }: Trial): Promise<void> {
  const { client } = cast.developer
  const params = { project: PROJECT, run }
  await using _tester = startTester(staging)
  output.status('the flag is tried in every environment')
  const { id } = must(
    'Starting the verification run',
    await client.call('startVerification', {
      params,
      body: { trafficMs: staging === undefined ? 0 : 10_000 },
    }),
  )
  const read = async () => {
    const at = { ...params, verification: id }
    return must('Reading the verification run', await client.call('showVerification', { params: at }))
  }
  const found = await finished(read)
  const times = found.environments?.flatMap((it) => it.toggles.flatMap((one) => one.instances)) ?? []
  const slowest = Math.max(0, ...times.map((it) => it.confirmedAfterMs ?? 0))
  const answered = found.environments?.flatMap((it) => it.sdk.answered).length ?? 0
  output.line(
    `the flag was tried in every environment: ${answered} SDKs answer like the engine, every toggle followed within ${Math.ceil(slowest)} ms`,
    'done',
  )
}

/** A drill: the alarm, or the quick disable in staging. */
export async function drill(
  { cast, output, staging, run }: Trial,
  kind: 'alert' | 'rollback',
): Promise<void> {
  const { client } = cast.operationsLead
  const params = { project: PROJECT, run }
  await using _tester = startTester(staging)
  output.status(`drill: ${kind}`)
  const { id } = must(
    'Starting the drill',
    await client.call('startDrill', { params, body: { kind, trafficMs: 10_000 } }),
  )
  const found = await finished(async () =>
    must('Reading the drill', await client.call('showDrill', { params: { ...params, drill: id } })),
  )
  if (found.verdict !== 'passed')
    throw new DemoFailure(`The drill did not pass: ${found.findings.join('; ')}`)
  output.line(
    kind === 'alert'
      ? `fire drill: a breach that was injected reached our receiver after ${found.alert?.hops[1]?.afterMs} ms`
      : `rollback drill: switched on and quickly disabled in ${found.rollback?.environment}, confirmed by every instance`,
    'done',
  )
}

async function finished<T extends { readonly state: string; readonly problem?: string | undefined }>(
  read: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + LIMIT_MS
  for (;;) {
    const found = await read()
    if (found.state === 'done') return found
    if (found.state === 'failed' || performance.now() > end)
      throw new DemoFailure(found.problem ?? 'It was not done in time.')
    await pause(100)
  }
}

/** Clicks through a shop, one page after the other, until it is disposed of. */
function startTester(shop: string | undefined): AsyncDisposable {
  if (shop === undefined) return { [Symbol.asyncDispose]: async () => undefined }
  const send = sendTo(new URL(shop))
  const stopping = new AbortController()
  const clicking = click()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await clicking
    },
  }

  async function click(): Promise<void> {
    for (let i = 0; !stopping.signal.aborted; i++) {
      await send({ shopper: `tester-${i % 20}`, method: 'GET', path: PATHS[i % PATHS.length] ?? '/' })
      await pause(40, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
}
