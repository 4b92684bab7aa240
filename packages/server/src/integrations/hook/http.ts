/**
 * Hooks over HTTP: a POST signed as Standard Webhooks says, whose id is the same on every attempt, so
 * that a receiver can discard repeats. What may pass is tried again while the time budget lasts.
 */
import { retryAfterMs } from '@flagmarshal/domain/signal/retry'

import { sign, webhookKey } from '../../signature.ts'
import type { AskHook, HookAnswer, Outgoing, OutgoingResult } from '../interfaces.ts'

export interface HttpAction {
  readonly kind: 'http'
  readonly url: string
}

export interface HttpProbe extends HttpAction {
  readonly status: number
  readonly contains?: string
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const LONGEST_REQUEST_MS = 600_000

/** Asks a hook. */
export function httpHook(outgoing: Outgoing): AskHook<HttpAction> {
  return async (call) => {
    const { action, phase, part, id, key, values, secret } = call
    const signing = webhookKey(secret ?? '')
    if (signing === undefined) return { kind: 'failed', why: 'it has no secret that signs (whsec_…)' }
    const body = JSON.stringify({
      type: `dev.flagmarshal.hook.${phase}`,
      timestamp: call.now().toISOString(),
      data: { ...values, part, phase, key, dryRun: phase === 'dry-run' },
    })
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const timestamp = Math.floor(call.now().getTime() / 1_000)
      const result = await outgoing.send({
        method: 'POST',
        url: action.url,
        body,
        timeoutMs: Math.max(1, Math.min(call.left(), LONGEST_REQUEST_MS)),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'idempotency-key': id,
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': sign(signing, { id, timestamp, body }),
        },
      })
      const answer = answerOf(result)
      if (answer.kind !== 'again') return answer
      if (call.stopping.aborted) return { kind: 'stopped' }
      const wait = Math.max(pause, afterMs(result, call.now()) ?? 0)
      if (call.left() <= wait) return { kind: 'failed', why: `${answer.why}, until the time was over` }
      await call.sleep(wait)
    }
  }
}

/** Looks once: whether it answers as it should. */
export function httpProbe(outgoing: Outgoing): AskHook<HttpProbe> {
  return async (call) => {
    const { url, status, contains } = call.action
    const result = await outgoing.send({
      method: 'GET',
      url,
      timeoutMs: Math.max(1, Math.min(call.left(), 15_000)),
    })
    if (result.kind !== 'answered') return { kind: 'failed', why: result.why }
    if (result.status !== status) return { kind: 'failed', why: `it answers ${result.status}, not ${status}` }
    const missing = contains !== undefined && !result.body.toString('utf8').includes(contains)
    return missing
      ? { kind: 'failed', why: `it answers ${status}, without ${contains}` }
      : { kind: 'done', said: `it answers ${status}${contains === undefined ? '' : ` with ${contains}`}` }
  }
}

type Attempt = Exclude<HookAnswer, { kind: 'stopped' }> | { readonly kind: 'again'; readonly why: string }

function answerOf(result: OutgoingResult): Attempt {
  if (result.kind === 'refused') return { kind: 'failed', why: result.why }
  if (result.kind === 'failed') return { kind: 'again', why: result.why }
  const { status, body } = result
  if (status >= 200 && status < 300) {
    return { kind: 'done', said: `it answered ${status}`, result: jsonOf(body.toString('utf8')) }
  }
  const passing = status >= 500 || status === 429 || status === 408 || status === 409
  return { kind: passing ? 'again' : 'failed', why: `it answered ${status}` }
}

function afterMs(result: OutgoingResult, now: Date): number | undefined {
  return result.kind === 'answered' ? retryAfterMs(result.headers['retry-after'], now) : undefined
}

/** JSON where it is some. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
