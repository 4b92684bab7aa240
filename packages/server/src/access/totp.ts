/**
 * One-time codes by time: RFC 6238 over RFC 4226, with SHA-1, six digits and steps of 30 s, which is
 * what every authenticator app reads.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

const STEP_S = 30

/** Steps around the present one whose codes are taken: clocks of phones are not exact (RFC 6238, 5.2). */
const TOLERANCE = 1

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code of a time step. */
export function codeOf(secret: Buffer, step: number, digits = 6): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0xf
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits
  return String(number).padStart(digits, '0')
}

/** The time step that an instant lies in. */
export function stepAt(at: Date): number {
  return Math.floor(at.getTime() / 1000 / STEP_S)
}

/** The step whose code this is: a present one, and later than the last that was taken; otherwise undefined. */
export function stepOf(
  secret: Buffer,
  code: string,
  { now, lastStep }: { readonly now: Date; readonly lastStep: number },
): number | undefined {
  const present = stepAt(now)
  for (let step = present - TOLERANCE; step <= present + TOLERANCE; step++) {
    const right = Buffer.from(codeOf(secret, step))
    const given = Buffer.from(code)
    if (right.length === given.length && timingSafeEqual(right, given))
      return step > lastStep ? step : undefined
  }
  return undefined
}

/** RFC 4648 base32 without padding, as authenticator apps want it. */
export function base32(bytes: Buffer): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  const letters = bits.match(/.{1,5}/g) ?? []
  return letters.map((it) => BASE32[Number.parseInt(it.padEnd(5, '0'), 2)]).join('')
}

/** The address that an app reads from a QR code (the format of Google Authenticator, which all share). */
export function otpauth(secret: string, person: string): string {
  const label = encodeURIComponent(`Flagmarshal:${person}`)
  return `otpauth://totp/${label}?secret=${secret}&issuer=Flagmarshal&algorithm=SHA1&digits=6&period=${STEP_S}`
}
