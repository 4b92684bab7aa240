/**
 * Names that the server makes: ids and tokens, from the system's random source.
 */
import { hash, randomBytes, randomFillSync } from 'node:crypto'

import type { TokenKind } from '@flagmarshal/domain/access/permission'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

const ID_LENGTH = 24

/** Letters for the next ids: asking the system for them one id at a time costs more than anything else about it. */
const letters = Buffer.alloc(ID_LENGTH * 256)
let used = letters.length

/** `<noun>_` and 24 random letters and digits (120 bits). */
export function newId(noun: string): string {
  if (used === letters.length) refill()
  used += ID_LENGTH
  return `${noun}_${letters.toString('latin1', used - ID_LENGTH, used)}`
}

function refill(): void {
  randomFillSync(letters)
  // 256 is a multiple of 32, so every letter is equally likely.
  for (const [index, byte] of letters.entries()) letters[index] = BASE32.charCodeAt(byte % 32)
  used = 0
}

/** `fm_<kind>_` and 32 random bytes in base 62 (43 digits). Sessions and invitations are no tokens that callers see. */
export function newToken(kind: TokenKind | 'session' | 'invitation'): string {
  let rest = BigInt(`0x${randomBytes(32).toString('hex')}`)
  let digits = ''
  for (let i = 0; i < 43; i++) {
    digits = BASE62[Number(rest % 62n)] + digits
    rest /= 62n
  }
  return `fm_${kind}_${digits}`
}

/** SHA-256 of a text in UTF-8, in hex. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}
