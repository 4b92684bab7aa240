/** One-time codes against the vectors of the RFC, and that none is taken twice. */
import { describe, expect, test } from 'vitest'

import { base32, codeOf, otpauth, stepAt, stepOf } from './totp.ts'

const SECRET = Buffer.from('12345678901234567890')

describe('one-time codes', () => {
  // RFC 6238, appendix B, the rows for SHA-1.
  test.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('RFC 6238 at %i s: %s', (seconds, code) => {
    expect(codeOf(SECRET, stepAt(new Date(seconds * 1000)), 8)).toBe(code)
  })

  test.each([
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ])('a code of %i steps from now is taken: %s', (away, taken) => {
    const now = new Date('2026-03-02T10:00:10Z')
    const code = codeOf(SECRET, stepAt(now) + away)
    expect(stepOf(SECRET, code, { now, lastStep: 0 }) !== undefined).toBe(taken)
  })

  test('no code is taken twice, nor an older one after it', () => {
    const now = new Date('2026-03-02T10:00:10Z')
    const step = stepAt(now)
    expect(stepOf(SECRET, codeOf(SECRET, step), { now, lastStep: step })).toBeUndefined()
    expect(stepOf(SECRET, codeOf(SECRET, step - 1), { now, lastStep: step })).toBeUndefined()
    expect(stepOf(SECRET, codeOf(SECRET, step + 1), { now, lastStep: step })).toBe(step + 1)
  })

  test('the secret is written as apps read it', () => {
    // RFC 4648, section 10, without padding.
    expect(base32(Buffer.from('foobar'))).toBe('MZXW6YTBOI')
    expect(base32(Buffer.from('fooba'))).toBe('MZXW6YTB')
    expect(otpauth('MZXW6', 'ada')).toContain(
      'otpauth://totp/Flagmarshal%3Aada?secret=MZXW6&issuer=Flagmarshal',
    )
  })
})
