/**
 * An Express application: the middleware knows who is asking, closes a route while its flag is off, and
 * counts every request for the flags that it has evaluated, which is what rollouts are judged on.
 */
import process from 'node:process'

import { createExporter, expressErrors, expressFlags, expressGate } from '@flagmarshal/sdk-middleware'
import { createFlagmarshal } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
import express from 'express'
import type { Request } from 'express'

const connection = createFlagmarshal({
  url: process.env['FLAGMARSHAL_URL'] ?? 'http://127.0.0.1:4860',
  key: process.env['FLAGMARSHAL_SDK_KEY'] ?? '',
  environment: 'staging',
  application: 'middleware-example',
  layers: ['middleware'],
})
await OpenFeature.setProviderAndWait(connection.provider).catch((error: unknown) => console.error(error))
const client = OpenFeature.getClient()
const exporter = createExporter(connection)

const app = express()
// For Prometheus; before the flags, so that a scrape is no request of a customer.
app.get('/metrics', exporter.handler)
const context = (request: Request) => ({ targetingKey: request.get('x-user') ?? 'nobody' })
app.use(expressFlags({ connection, context, slowMs: 300 }))

app.get('/', async (_request, response) => {
  // No context is passed: it is the request's.
  const isNew = await client.getBooleanValue('new-checkout', false)
  response.send(isNew ? 'go to /checkout\n' : 'call us to order\n')
})
app.get('/checkout', expressGate('new-checkout', { otherwise: 404 }), (_request, response) => {
  response.send('the new checkout\n')
})
app.use(expressErrors)

const server = app.listen(Number(process.env['PORT'] ?? 4882), '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}/checkout`)
})

process.once('SIGINT', () => {
  server.close()
  void OpenFeature.close()
})
