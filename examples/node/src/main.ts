/**
 * A plain Node.js server with a flag, asked in both ways: through OpenFeature, and through a handle of
 * the SDK, which is synchronous. Either is counted for the request that it belongs to.
 */
import { createServer } from 'node:http'
import process from 'node:process'

import { createFlagmarshal, runRequest } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'

const connection = createFlagmarshal({
  url: process.env['FLAGMARSHAL_URL'] ?? 'http://127.0.0.1:4860',
  key: process.env['FLAGMARSHAL_SDK_KEY'] ?? '',
  environment: 'staging',
  application: 'node-example',
  layers: ['backend'],
})
// Waits five seconds at most; without a server every caller gets its own default.
await OpenFeature.setProviderAndWait(connection.provider).catch((error: unknown) => console.error(error))
const client = OpenFeature.getClient()
const newCheckout = connection.handles.boolean('new-checkout', false)

/** What a person gets at an address; undefined where there is nothing. */
async function answer(path: string, targetingKey: string): Promise<string | undefined> {
  if (path === '/checkout') {
    const isNew = await client.getBooleanValue('new-checkout', false, { targetingKey })
    return isNew ? 'the new checkout' : 'the old checkout'
  }
  if (path === '/why') return JSON.stringify(newCheckout.details({ targetingKey }))
  return undefined
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  // One request of a rollout: bad when it throws, slow after 300 ms.
  runRequest(connection, async () => await answer(pathname, searchParams.get('user') ?? 'nobody'), {
    slowMs: 300,
  }).then(
    (text) => response.writeHead(text === undefined ? 404 : 200).end(`${text ?? 'nothing here'}\n`),
    (error: unknown) => {
      console.error(error)
      response.writeHead(500).end()
    },
  )
})
server.listen(Number(process.env['PORT'] ?? 4881), '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}/checkout?user=ada`)
})

process.once('SIGINT', () => {
  server.close()
  // Tells what was counted last, and leaves neither timer nor socket.
  void OpenFeature.close()
})
