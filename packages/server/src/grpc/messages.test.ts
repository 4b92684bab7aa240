import { assert, property, string, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readFlagsRequest, writeFlags, writeMetadata } from './messages.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('messages of flagd.sync.v1', () => {
  it('reads the selector, wherever it stands, and passes over what it does not know', () => {
    expect(readFlagsRequest(hex(''))).toEqual({ selector: '' })
    expect(readFlagsRequest(hex('0a01 70 1203 6b6579'))).toEqual({ selector: 'key' })
    // A number, eight bytes, four bytes and a text of later versions.
    expect(readFlagsRequest(hex('18 9601 21 0102030405060708 2d 01020304 3201 78 1203 6b6579'))).toEqual({
      selector: 'key',
    })
  })

  it('writes a definition, with its length in as many bytes as it takes', () => {
    expect(writeFlags('{}')).toEqual(hex('0a02 7b7d'))
    expect(writeFlags('x'.repeat(300)).subarray(0, 3)).toEqual(hex('0aac02'))
  })

  it('writes texts of metadata as a Struct', () => {
    expect(writeMetadata({ a: 'b' })).toEqual(hex('120a 0a08 0a0161 1203 1a0162'))
  })

  it('reads any selector, and throws a RangeError for anything that is no message', () => {
    assert(
      property(string({ unit: 'grapheme', maxLength: 400 }), (selector) => {
        const [, ...rest] = writeFlags(selector)
        expect(readFlagsRequest(Buffer.from([0x12, ...rest]))).toEqual({ selector })
      }),
      { seed: 6 },
    )
    assert(
      property(uint8Array({ maxLength: 40 }), (bytes) => {
        expect(read(Buffer.from(bytes))).toBe(true)
      }),
      { seed: 6, numRuns: 2_000 },
    )
  })
})

/** Whether it is read, or refused as a message may be. */
function read(bytes: Buffer): boolean {
  try {
    readFlagsRequest(bytes)
    return true
  } catch (error) {
    return error instanceof RangeError
  }
}
