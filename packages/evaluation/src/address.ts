/**
 * IP addresses and blocks of them (CIDR, RFC 4632 and RFC 4291), as numbers.
 *
 * An address is four 32-bit words. A version 4 address is kept as the version 6 address that maps it
 * (`::ffff:a.b.c.d`), so that both forms of one address are in the same blocks.
 */

type Words = [number, number, number, number]

/** A block of addresses. */
export interface Block {
  readonly words: Readonly<Words>
  readonly masks: Readonly<Words>
}

/** The text as a block, a single address being a block of one; `undefined` if it is none. */
export function parseBlock(text: string): Block | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const bits = address.version === 4 ? 32 : 128
  const length = slash < 0 ? bits : prefixLength(text.slice(slash + 1), bits)
  if (length === undefined) return undefined

  const masks = masksOf(length + 128 - bits)
  const words: Words = [0, 0, 0, 0]
  for (let i = 0; i < 4; i++) words[i] = (address.words[i] ?? 0) & (masks[i] ?? 0)
  return { words, masks }
}

/** Whether the text is an address in one of the blocks. */
export function inBlocks(text: string, blocks: readonly Block[]): boolean {
  const address = parseAddress(text)
  if (address === undefined) return false
  const [a, b, c, d] = address.words
  for (const { words, masks } of blocks) {
    if (
      (a & masks[0]) === words[0] &&
      (b & masks[1]) === words[1] &&
      (c & masks[2]) === words[2] &&
      (d & masks[3]) === words[3]
    )
      return true
  }
  return false
}

interface Address {
  readonly version: 4 | 6
  readonly words: Words
}

function parseAddress(text: string): Address | undefined {
  // The longest form of a version 6 address has 45 characters.
  if (text.length > 45) return undefined
  if (!text.includes(':')) {
    const word = version4(text)
    return word === undefined ? undefined : { version: 4, words: [0, 0, 0xffff, word] }
  }
  const words = version6(text)
  return words === undefined ? undefined : { version: 6, words }
}

/** Four decimal numbers without leading zeros (which some programs read as octal). */
function version4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let word = 0
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part)) return undefined
    const octet = Number(part)
    if (octet > 255) return undefined
    word = (word << 8) | octet
  }
  return word
}

function version6(text: string): Words | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = [groupsOf(halves[0] ?? ''), groupsOf(halves[1] ?? '')]
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  // `::` stands for at least one group of zeros.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined

  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail]
  const words: Words = [0, 0, 0, 0]
  for (let i = 0; i < 4; i++) words[i] = ((groups[2 * i] ?? 0) << 16) | (groups[2 * i + 1] ?? 0)
  return words
}

/** Groups of 16 bits; the last two may be written as a version 4 address. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && index === parts.length - 1) {
      const word = version4(part)
      if (word === undefined) return undefined
      groups.push(word >>> 16, word & 0xffff)
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups.length > 8 ? undefined : groups
}

function prefixLength(text: string, bits: number): number | undefined {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(text)) return undefined
  const length = Number(text)
  return length <= bits ? length : undefined
}

function masksOf(length: number): Words {
  const masks: Words = [0, 0, 0, 0]
  for (let i = 0; i < 4; i++) {
    const bits = Math.min(32, Math.max(0, length - 32 * i))
    masks[i] = bits === 0 ? 0 : -1 << (32 - bits)
  }
  return masks
}
