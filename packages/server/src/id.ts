/**
 * Names that the server makes: ids and tokens, from the system's random source.
 */
import { createHash, randomBytes } from 'node:crypto'

import type { TokenKind } from '@flagmarshal/domain/access/permission'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `<noun>_` and 24 random letters and digits (120 bits). */
export function newId(noun: string): string {
  // 256 is a multiple of 32, so every letter is equally likely.
  return `${noun}_${Array.from(randomBytes(24), (byte) => BASE32[byte % 32]).join('')}`
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
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
