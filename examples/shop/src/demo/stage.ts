/**
 * What the demo is played on: a server on a throw-away database, the people, the shop in production
 * and in staging, and shoppers in it. Everything that is started is put on the stack of the caller.
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
import { DemoFailure } from './failure.ts'
import type { Output } from './output.ts'
import { startServer } from './server.ts'
import type { ReachedServer } from './server.ts'
import { connectedInstances, createProject, ENVIRONMENT } from './set-up.ts'

/** What it takes to set it. */
export interface Setting {
  readonly output: Output
  readonly running: AsyncDisposableStack
  /** A server that runs already; without one, one of its own is started. */
  readonly into?: ReachedServer
  /** Visits a second in place of the demo's; with fewer, judging takes longer. */
  readonly visits?: number
}

/** The stage once it is set. */
export interface Stage extends Setting {
  readonly server: ReachedServer
  readonly administrator: Client
  readonly cast: Cast
  readonly shop: RunningShop
  readonly staging: RunningShop
  /** The latest second of traffic. */
  readonly traffic: () => Second | undefined
}

/** Of the shop in production. */
export const INSTANCES = 3
const CONNECT_LIMIT_MS = 15_000

/** Sets it. `broken` is told when a part of it ends before it is stopped. */
export async function setTheStage(setting: Setting, broken: (why: DemoFailure) => void): Promise<Stage> {
  const { output, running } = setting
  const server = setting.into ?? (await startOwn(setting, broken))
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

  const traffic = sendShoppers(setting, shop, broken)
  const second = await traffic.first
  output.line(
    `shoppers send ${second.search} searches and ${second.checkout} checkout requests a second`,
    'done',
  )
  return { ...setting, server, administrator, cast, shop, staging, traffic: traffic.latest }
}

/** A server of the demo's own, which ends with it. */
async function startOwn(
  { output, running }: Setting,
  broken: (why: DemoFailure) => void,
): Promise<ReachedServer> {
  output.status('starting the server and its database')
  const server = await startServer(running)
  endsEarly(server.process, broken)
  output.line(`the server runs at ${server.url}, on a database that is thrown away`, 'done')
  return server
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
  { running, visits }: Setting,
  shop: RunningShop,
  broken: (why: DemoFailure) => void,
): Traffic {
  const shoppers = startChild({
    name: 'the shoppers',
    program: join(import.meta.dirname, '..', 'shoppers.ts'),
    env: { SHOP_URL: shop.url, ...(visits === undefined ? {} : { SHOPPERS_VISITS: String(visits) }) },
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
