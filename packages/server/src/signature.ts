/**
 * Signatures of webhooks, made for what goes out and checked on what comes in.
 * Standard Webhooks 1.0: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const PREFIX = 'whsec_'
const TOLERANCE_S = 300

/** What is signed. */
export interface SignedContent {
  readonly id: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string | Buffer
}

/** A secret of 32 random bytes. */
export function newWebhookSecret(): string {
  return `${PREFIX}${randomBytes(32).toString('base64')}`
}

/** The bytes of `whsec_…`; undefined when they are not 24 to 64 bytes in base64. */
export function webhookKey(secret: string): Buffer | undefined {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)) return undefined
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  return key.length >= 24 && key.length <= 64 ? key : undefined
}

/** The value of `webhook-signature`. */
export function sign(key: Buffer, { id, timestamp, body }: SignedContent): string {
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
  return `v1,${mac}`
}

/** Why a message is not to be believed; undefined for one that is. `header` gives headers by lower-case name. */
export function faultOfSignature(
  key: Buffer,
  header: (name: string) => string | undefined,
  body: Buffer,
  now: Date,
): string | undefined {
  const id = header('webhook-id')
  const timestamp = Number(header('webhook-timestamp'))
  const signatures = header('webhook-signature')
  if (id === undefined || signatures === undefined || !Number.isSafeInteger(timestamp)) {
    return 'the headers webhook-id, webhook-timestamp and webhook-signature are needed'
  }
  if (Math.abs(now.getTime() / 1_000 - timestamp) > TOLERANCE_S) {
    return 'its time is more than five minutes from now'
  }
  const expected = sign(key, { id, timestamp, body })
  // All are compared, so that the time says nothing about which one fitted.
  const fits = signatures.split(' ').filter((it) => sameText(it, expected))
  return fits.length > 0 ? undefined : 'no signature fits'
}

/** Compares in a time that depends on neither text. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((it) => createHash('sha256').update(it).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}
