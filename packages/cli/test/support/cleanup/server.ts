/** A server that answers with one page or another. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'

import { OpenFeature } from '@openfeature/server-sdk'

import { FLAGS } from './flags.ts'
import { label, total } from './prices.ts'

const oldPage = async (amounts: readonly number[]) => `old ${(await total(amounts)).toFixed(2)}`

export function start(): Server {
  const flags = OpenFeature.getClient('shop')
  return createServer((request, response) => {
    void (async () => {
      const context = { targetingKey: request.headers['x-user']?.toString() ?? 'nobody' }
      if (await flags.getBooleanValue(FLAGS.checkout, false, context)) {
        response.setHeader('x-checkout', 'new')
        response.end(await label(1))
        return
      }
      response.setHeader('x-checkout', context.targetingKey)
      response.end(await oldPage([1, 2]))
    })()
  })
}

export async function isNew(user: string): Promise<boolean> {
  const details = await OpenFeature.getClient().getBooleanDetails(FLAGS.checkout, false, {
    targetingKey: user,
  })
  return details.value || user === 'ada'
}
