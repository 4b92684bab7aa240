/**
 * Starts the shop: two backends and the edge in front of them, each a process of its own and so an
 * instance of its own to Flagmarshal.
 */
import { join } from 'node:path'

import { startChild } from './child.ts'
import type { Child, Pick } from './child.ts'

/** How the shop reaches Flagmarshal. */
export interface ShopOptions {
  readonly url: string
  readonly key: string
  readonly environment: string
  /** Port of the edge; 0 takes a free one. */
  readonly port: number
  /** How many backends; 2 unless given. */
  readonly warehouses?: number
  /** Gets what the parts print, with the name of the part before it. */
  readonly onLine?: (line: string) => void
}

export interface RunningShop {
  /** Where people and shoppers reach it. */
  readonly url: string
  /** Where the backends listen; each has its metrics at `/metrics`. */
  readonly backends: readonly string[]
  readonly parts: readonly Child[]
}

const WAREHOUSES = ['W1', 'W2']
const START_LIMIT_MS = 30_000
const sources = join(import.meta.dirname, '..')

/** Resolves when the edge listens. `running` stops what was started. */
export async function startShop(options: ShopOptions, running: AsyncDisposableStack): Promise<RunningShop> {
  const env = {
    FLAGMARSHAL_URL: options.url,
    FLAGMARSHAL_SDK_KEY: options.key,
    SHOP_ENVIRONMENT: options.environment,
  }
  const parts: Child[] = []
  const start = (name: string, file: string, more: Record<string, string>): Promise<string> => {
    const onLine = (line: string): void => options.onLine?.(`${name}: ${line}`)
    const part = startChild({ name, program: join(sources, file), env: { ...env, ...more }, onLine })
    running.defer(() => part.stop())
    parts.push(part)
    return part.first(listening, START_LIMIT_MS)
  }
  const backends = await Promise.all(
    WAREHOUSES.slice(0, options.warehouses ?? WAREHOUSES.length).map((warehouse) =>
      start(`backend ${warehouse}`, 'backend.ts', { SHOP_WAREHOUSE: warehouse, SHOP_PORT: '0' }),
    ),
  )
  const edge = { SHOP_BACKENDS: backends.join(','), SHOP_PORT: String(options.port) }
  return { url: await start('the edge', 'edge.ts', edge), backends, parts }
}

const listening: Pick<string> = {
  message: (message) => {
    if (typeof message !== 'object' || message === null || !('url' in message)) return undefined
    return typeof message.url === 'string' ? message.url : undefined
  },
}
