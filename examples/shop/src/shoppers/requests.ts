/**
 * Requests of shoppers to the shop, over connections that stay open. Bodies of answers are read and
 * dropped: a shopper acts on the status and on which checkout it was given.
 */
import { Agent, request as open } from 'node:http'

export interface ShopRequest {
  readonly shopper: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly body?: object
}

/** `status` is 0 when there was no answer. */
export interface ShopAnswer {
  readonly status: number
  readonly checkout: string | undefined
}

/** Sends a request; never rejects. */
export type Send = (request: ShopRequest) => Promise<ShopAnswer>

const GIVE_UP_MS = 10_000

/** A sender for the shop at this address. */
export function sendTo(shop: URL): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 })
  const { hostname: host, port } = shop
  return ({ shopper, method, path, body }) =>
    new Promise((resolve) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers: Record<string, string | number> = { cookie: `shopper=${shopper}` }
      if (text !== undefined) {
        headers['content-type'] = 'application/json'
        headers['content-length'] = Buffer.byteLength(text)
      }
      const request = open({ agent, host, port, method, path, headers, timeout: GIVE_UP_MS }, (answer) => {
        const checkout = answer.headers['x-checkout']
        answer.resume()
        answer.on('close', () =>
          resolve({
            status: answer.statusCode ?? 0,
            checkout: typeof checkout === 'string' ? checkout : undefined,
          }),
        )
      })
      request.on('timeout', () => request.destroy())
      request.on('error', () => resolve({ status: 0, checkout: undefined }))
      request.end(text)
    })
}
