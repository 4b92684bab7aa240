/** Salts of allocations. */
import { randomBytes } from 'node:crypto'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz012345'

/** 15 random letters and digits (75 bits): with the separator they are four whole blocks of the hash. */
export function newSalt(): string {
  // 256 is a multiple of 32, so every letter is equally likely.
  return Array.from(randomBytes(15), (byte) => LETTERS[byte % 32]).join('')
}
