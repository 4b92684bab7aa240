/** Signals that happen when a test wants them, and the deliveries that come of them. */
import type { Client } from '@flagmarshal/api'
import type { Delivery, NewChannel } from '@flagmarshal/api/channel'

import { expectOk, startServer } from '../../../../tests/support/server.ts'
import type { TestServer, TestServerOptions } from '../../../../tests/support/server.ts'
import { newFlag } from './flags.ts'

/** A secret that webhooks of tests use: 24 bytes. */
export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

export const PROJECT = 'shop'

/** A server that may call this machine, with a project and flags to kill. */
export async function startSignalServer(options: TestServerOptions = {}): Promise<TestServer> {
  const settings = { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1', ...options.settings }
  const server = await startServer({ ...options, settings })
  expectOk(await server.admin.call('createProject', { body: { key: PROJECT, name: PROJECT } }))
  for (const flag of ['one', 'two']) {
    expectOk(await server.admin.call('createFlag', { params: { project: PROJECT }, body: newFlag(flag) }))
  }
  return server
}

/** Creates a channel. */
export async function addChannel(client: Client, body: NewChannel): Promise<void> {
  expectOk(await client.call('createChannel', { params: { project: PROJECT }, body }))
}

/** Makes the signal `dev.flagmarshal.flag.killed` about a flag happen. */
export async function kill(client: Client, flag = 'one', reason = 'a test'): Promise<void> {
  const params = { project: PROJECT, flag, environment: 'production' }
  expectOk(await client.call('killFlag', { params, body: { reason } }))
}

/** Deliveries of a channel, oldest first, once `enough` holds; throws with them after 20 s. */
export async function deliveriesOnce(
  client: Client,
  channel: string,
  enough: (items: readonly Delivery[]) => boolean,
): Promise<readonly Delivery[]> {
  const until = Date.now() + 20_000
  for (;;) {
    const { items } = expectOk(
      await client.call('listDeliveries', { params: { project: PROJECT }, query: { channel } }),
    )
    if (enough(items)) return items.toReversed()
    if (Date.now() > until) throw new Error(`not so yet: ${JSON.stringify(items)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
