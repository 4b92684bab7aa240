/**
 * An application as a process of its own: the real SDK under OpenFeature, asked without a pause from
 * its first moment on, whether or not there is a server. Says over IPC what it was given.
 */
import { createFlagmarshal } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'

import { watchStalls } from '../../../../tests/support/stalls.ts'

/** What it is to connect to; given in its environment as `SDK_ORDER`. */
export interface SdkOrder {
  readonly url: string
  readonly key: string
  readonly environment: string
  readonly flag: string
  readonly cacheFile: string
}

/** What came of the evaluations since this was told last. */
export interface Told {
  readonly asked: number
  /** Each kind of answer: value, reason and error code. */
  readonly answers: readonly string[]
  readonly thrown: number
  /** Warnings about its cache file since it started. */
  readonly cacheWarnings: number
  readonly state: string
  /** The longest time for which it was busy with one thing, in milliseconds. */
  readonly longestStallMs: number
}

const order: SdkOrder = JSON.parse(process.env['SDK_ORDER'] ?? '')
let cacheWarnings = 0
const silent = { error() {}, info() {}, debug() {} }
const connection = createFlagmarshal({
  ...order,
  application: 'shop',
  layers: ['backend'],
  initTimeoutMs: 500,
  logger: { ...silent, warn: (text: string) => void (cacheWarnings += /cache file/.test(text) ? 1 : 0) },
})
OpenFeature.setLogger({ ...silent, warn() {} })
OpenFeature.setProvider(connection.provider)
const client = OpenFeature.getClient()
let [asked, thrown] = [0, 0]
const answers = new Set<string>()
let stalls = watchStalls()

setInterval(() => {
  asked += 1
  client
    .getBooleanDetails(order.flag, false, { targetingKey: `shopper-${asked}` })
    .then(({ value, reason, errorCode }) => answers.add([value, reason, errorCode ?? ''].join(' ').trim()))
    .catch(() => (thrown += 1))
}, 5)

process.on('message', () => {
  const told: Told = {
    asked,
    answers: [...answers],
    thrown,
    cacheWarnings,
    state: connection.state,
    longestStallMs: stalls.stop(),
  }
  process.send?.(told)
  answers.clear()
  asked = 0
  stalls = watchStalls()
})
