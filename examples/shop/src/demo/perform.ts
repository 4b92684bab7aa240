/**
 * The demo from beginning to end. Everything that it starts is put on the stack that its caller
 * disposes of.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'

import { startChild } from '../process/child.ts'
import type { Child } from '../process/child.ts'
import { startShop } from '../process/start-shop.ts'
import type { RunningShop } from '../process/start-shop.ts'
import type { ShoppersMessage } from '../shoppers.ts'
import type { Second } from '../shoppers/tally.ts'
import { createCast } from './cast.ts'
import type { Cast } from './cast.ts'
import { close } from './closing.ts'
import { DemoFailure } from './failure.ts'
import { FAST_SEARCH, NEW_CHECKOUT } from './features.ts'
import type { Feature } from './features.ts'
import type { Output } from './output.ts'
import { walkThrough } from './procedure.ts'
import { printReport, proveAudit, proveCompleted, proveRolledBack } from './proof.ts'
import { explainTests, startRollout, watchRollout } from './rollout.ts'
import type { Rollout } from './rollout.ts'
import { startServer } from './server.ts'
import type { RunningServer } from './server.ts'
import { connectedInstances, createFlag, createProject, ENVIRONMENT } from './set-up.ts'

export interface Performance {
  readonly output: Output
  readonly speed: number
  readonly keep: boolean
  readonly running: AsyncDisposableStack
}

interface Stage extends Performance {
  readonly server: RunningServer
  readonly administrator: Client
  readonly cast: Cast
  readonly shop: RunningShop
  readonly staging: RunningShop
  readonly traffic: () => Second | undefined
}

const INSTANCES = 3
const CONNECT_LIMIT_MS = 15_000
/** The good feature needs about 45 s of evidence and the bad one 15 s; the limits leave a slow machine room. */
const GOOD_LIMIT_MS = 110_000
const BAD_LIMIT_MS = 60_000

/** Performs the demo. Rejects, with a DemoFailure where a sentence says it all, when it does not end as it must. */
export async function perform(performance: Performance): Promise<void> {
  const { promise: broken, reject } = Promise.withResolvers<never>()
  broken.catch(() => undefined)
  const stage = await Promise.race([broken, setTheStage(performance, reject)])
  try {
    await Promise.race([broken, act(stage)])
  } catch (error) {
    // The server logs warnings and errors only: they may say more than its answers, a moment later.
    await pause(200)
    const logged = stage.server.process.said().filter((line) => line.startsWith('{'))
    for (const line of logged) performance.output.text(`server: ${line}`, 4)
    throw error
  }
}

async function act(stage: Stage): Promise<void> {
  const { output, cast } = stage
  const good = await roll(stage, NEW_CHECKOUT, GOOD_LIMIT_MS)
  proveCompleted(good, output)
  const bad = await roll(stage, FAST_SEARCH, BAD_LIMIT_MS)
  proveRolledBack(bad, INSTANCES, output)
  await printReport(cast, bad, output)

  output.heading('Proof')
  await proveAudit(stage.administrator, output)
  output.heading('Nobody but the plan and its approvals touched the rollouts:')
  output.line(`${good.flag} reached 100 % on evidence, ${bad.flag} was rolled back by the system.`)
  close({ server: stage.server.url, shop: stage.shop.url, cast, kept: stage.keep }, output)
}

/** Takes a feature through the procedure and its rollout. */
async function roll(stage: Stage, feature: Feature, limitMs: number): Promise<Rollout> {
  const { output, cast, speed, traffic, staging } = stage
  output.heading(`${feature.key}: the procedure`)
  await createFlag(cast, feature)
  const run = await walkThrough({ cast, feature, output, speed, staging: staging.url })
  output.heading(`${feature.key}: the rollout`)
  if (feature === NEW_CHECKOUT) explainTests(output)
  const watch = { cast, output, traffic, limitMs: Math.max(limitMs, limitMs / speed) }
  return watchRollout(watch, await startRollout(watch, run))
}

async function setTheStage(performance: Performance, broken: (why: DemoFailure) => void): Promise<Stage> {
  const { output, running } = performance
  output.heading('Flagmarshal: a good feature and a bad one, on real traffic')
  output.status('starting the server and its database')
  const server = await startServer(running)
  endsEarly(server.process, broken)
  output.line(`the server runs at ${server.url}, on a database that is thrown away`, 'done')

  const administrator = createClient({ server: server.url, token: server.token })
  const cast = await createCast(server.url, administrator)
  const keys = await createProject(administrator)
  const names = Object.values(cast).map((it) => it.name)
  output.line(`${names.join(', ')} work on the project`, 'done')

  output.status('starting the shop')
  const open = async (environment: keyof typeof keys, warehouses: number): Promise<RunningShop> => {
    const key = keys[environment]
    const opened = await startShop({ url: server.url, key, environment, port: 0, warehouses }, running)
    for (const part of opened.parts) endsEarly(part, broken)
    return opened
  }
  const shop = await open(ENVIRONMENT, 2)
  const staging = await open('staging', 1)
  await connected(cast)
  output.line(
    `the shop is open at ${shop.url}: two backends and an edge, ${INSTANCES} instances connected`,
    'done',
  )
  output.line('a second shop runs in staging: one backend and an edge', 'done')

  const traffic = sendShoppers(performance, shop, broken)
  const second = await traffic.first
  output.line(
    `shoppers send ${second.search} searches and ${second.checkout} checkout requests a second`,
    'done',
  )
  return { ...performance, server, administrator, cast, shop, staging, traffic: traffic.latest }
}

async function connected(cast: Cast): Promise<void> {
  const end = performance.now() + CONNECT_LIMIT_MS
  for (;;) {
    const instances = await connectedInstances(cast)
    if (instances === INSTANCES) return
    if (performance.now() > end) {
      throw new DemoFailure(
        `Only ${instances} of ${INSTANCES} instances of the shop are connected to the server.`,
      )
    }
    await pause(100)
  }
}

interface Traffic {
  /** The first second with the whole rate. */
  readonly first: Promise<Second>
  readonly latest: () => Second | undefined
}

function sendShoppers(
  { running }: Performance,
  shop: RunningShop,
  broken: (why: DemoFailure) => void,
): Traffic {
  const shoppers = startChild({
    name: 'the shoppers',
    program: join(import.meta.dirname, '..', 'shoppers.ts'),
    env: { SHOP_URL: shop.url },
  })
  running.defer(() => shoppers.stop())
  endsEarly(shoppers, broken)
  let latest: Second | undefined
  let seconds = 0
  const { promise: first, resolve } = Promise.withResolvers<Second>()
  shoppers.onMessage((message) => {
    // Only `shoppers.ts` speaks on this channel.
    const told = message as ShoppersMessage
    if (told.kind === 'too-slow') return broken(new DemoFailure(told.sentence))
    latest = told.second
    seconds += 1
    if (seconds === WARM_SECONDS) resolve(told.second)
  })
  return { first, latest: () => latest }
}

/** Visits take about two seconds: from the fourth second on all parts of them are under way. */
const WARM_SECONDS = 4

/** A part that ends before it is stopped ends the demo. */
function endsEarly(part: Child, broken: (why: DemoFailure) => void): void {
  void part.ended.then((how) => broken(new DemoFailure(`${part.name} ended early (${how})`)))
}
