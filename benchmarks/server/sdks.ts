/** A program of `fleet.ts`: many SDKs of one environment in one process, which says when each has a new revision. */
import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'

/** What the process is asked to open; given in its environment. */
export interface Order {
  readonly url: string
  readonly key: string
  readonly count: number
}

/** When each SDK had a revision, in milliseconds since 1970. */
export interface Arrivals {
  readonly revision: number
  readonly at: readonly number[]
}

const { url, key, count }: Order = JSON.parse(process.env['SDKS'] ?? '{}')
const arrivals = new Map<number, number[]>()
const silent = { error() {}, warn() {}, info() {}, debug() {} }
const connections: Connection[] = Array.from({ length: count }, () =>
  createFlagmarshal({
    url,
    key,
    environment: 'development',
    application: 'fleet',
    layers: ['backend'],
    reportProcess: false,
    initTimeoutMs: 60_000,
    logger: silent,
  }),
)
for (const connection of connections) connection.onChange(({ revision }) => arrived(revision))
await Promise.all(connections.map((it) => it.ready()))
process.send?.({ started: true })
process.on('message', (message: unknown) => {
  if (message === 'states') process.send?.({ ready: connections.filter((it) => it.state === 'ready').length })
})
process.on('SIGTERM', () => process.exit(0))

function arrived(revision: number): void {
  const at = arrivals.get(revision) ?? []
  arrivals.set(revision, at)
  at.push(performance.timeOrigin + performance.now())
  if (at.length < connections.length) return
  arrivals.delete(revision)
  process.send?.({ revision, at })
}
