/**
 * Shoppers: some thousand people who visit the shop at a steady rate, whether it keeps up or not,
 * and send it real requests. Run alone, it prints what they achieve, second by second.
 */
import { endWith, setting } from './process/part.ts'
import { sendTo } from './shoppers/requests.ts'
import { createTally, shortfall } from './shoppers/tally.ts'
import type { Second } from './shoppers/tally.ts'
import { makeVisit } from './shoppers/visit.ts'

/** What shoppers tell the program that started them. */
export type ShoppersMessage =
  | { readonly kind: 'second'; readonly second: Second }
  | { readonly kind: 'too-slow'; readonly sentence: string }

const SHOPPERS = 6_000
/** Who asks for another rate than the demo's does not mind how long judging takes. */
const asked = process.env['SHOPPERS_VISITS']
/** Two searches and two to four checkout requests each: never below 250 a second of either kind. */
const VISITS_PER_SECOND = Number(asked ?? 140)
/** A shop that hangs must not fill our memory with waiting visits. */
const VISITS_AT_MOST = 3_000
const BEAT_MS = 20

const send = sendTo(new URL(setting('SHOP_URL')))
const tally = createTally()
const seconds: Second[] = []
let [visiting, due] = [0, 0]
let beaten = performance.now()

const beats = setInterval(() => {
  const now = performance.now()
  due += ((now - beaten) / 1_000) * VISITS_PER_SECOND
  beaten = now
  for (; due >= 1; due -= 1) void visit()
}, BEAT_MS)
const reports = setInterval(report, 1_000)

endWith(async () => {
  clearInterval(beats)
  clearInterval(reports)
})

async function visit(): Promise<void> {
  if (visiting >= VISITS_AT_MOST) return
  visiting += 1
  const shopper = `s${Math.floor(Math.random() * SHOPPERS)}`
  await makeVisit({
    shopper,
    random: Math.random,
    async send(request) {
      const answer = await send(request)
      tally.count(request.path, answer.status)
      return answer
    },
  })
  visiting -= 1
}

function report(): void {
  const second = tally.take()
  seconds.push(second)
  if (seconds.length > 60) seconds.shift()
  tell({ kind: 'second', second })
  const sentence = asked === undefined ? shortfall(seconds) : undefined
  if (sentence === undefined) return
  clearInterval(beats)
  clearInterval(reports)
  tell({ kind: 'too-slow', sentence })
  process.exitCode = 1
  if (process.connected) process.disconnect()
}

function tell(message: ShoppersMessage): void {
  if (process.send !== undefined) process.send(message)
  else if (message.kind === 'too-slow') console.error(message.sentence)
  else {
    const { checkout, search, requests, failed } = message.second
    console.log(`${checkout} checkout, ${search} search, ${requests} requests in all, ${failed} failed`)
  }
}
