/**
 * An application under load whose counts by arm Prometheus scrapes: the real SDK and its exporter, in
 * this process. How many of its new code's requests fail is set while it runs.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createExporter } from '@flagmarshal/sdk-middleware'
import { createFlagmarshal, runRequest } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'

export interface ExportingApplication extends AsyncDisposable {
  /** What Prometheus scrapes, like `127.0.0.1:9100`. */
  readonly target: string
  /** So many of a hundred requests of the new code fail from now on. */
  fail(percent: number): void
}

const EVERY_MS = 50
const REQUESTS = 20

/** Connects it and begins to serve. */
export async function startExporting(
  server: string,
  { key, flag }: { readonly key: string; readonly flag: string },
): Promise<ExportingApplication> {
  const connection = createFlagmarshal({
    url: server,
    key,
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
  })
  await OpenFeature.setProviderAndWait(connection.instanceId, connection.provider)
  const client = OpenFeature.getClient(connection.instanceId)
  const exporter = createExporter(connection)
  const metrics = createServer(exporter.handler).listen(0, '127.0.0.1')
  await once(metrics, 'listening')
  let failing = 0
  let shopper = 0
  const request = async (): Promise<void> => {
    const isNew = await client.getBooleanValue(flag, false, { targetingKey: `shopper-${shopper++ % 5_000}` })
    if (isNew && shopper % 100 < failing) throw new Error('the new code is broken')
  }
  const timer = setInterval(() => {
    for (let i = 0; i < REQUESTS; i++) runRequest(connection, request).catch(() => undefined)
  }, EVERY_MS)
  return {
    // A server that listens on TCP has an address and a port.
    target: `127.0.0.1:${(metrics.address() as AddressInfo).port}`,
    fail: (percent) => void (failing = percent),
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      exporter.close()
      metrics.closeAllConnections()
      metrics.close()
      await connection.close()
    },
  }
}
